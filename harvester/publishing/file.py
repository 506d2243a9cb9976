"""A page as a file elsewhere, such as in a folder that is served or synchronised."""

from __future__ import annotations

from dataclasses import dataclass

from harvester.errors import PublishError, ReportError
from harvester.files import names_folder, read_bytes, resolve_path
from harvester.publishing.publisher import Page, Publication, PublisherContext, Step
from harvester.reporting.report import refuse_existing, write
from harvester.reporting.stamp import LARGEST


@dataclass(frozen=True)
class File:
    """A copy of the page, in any of its formats, at a path; in a folder it keeps its name."""

    target: str
    context: PublisherContext

    def publish(self, page: Page) -> Publication:
        """Replace the file in one step; one that a person has edited, or that is no page, is left as it is."""
        if not self.target.strip():
            raise PublishError("`file` needs a path.", hint="Write file:PATH.")
        try:
            path = resolve_path(self.context.root, self.target)
            path = path / page.file.name if names_folder(path, self.target) else path
            if path.is_file() and read_bytes(path, limit=LARGEST) == page.written:
                return Publication(url=str(path))
            step = Step("update" if path.exists() else "create", f"file {str(path)!r}", str(path))
            if self.context.dry_run:
                refuse_existing(path, force=self.context.force)
            else:
                write(page.written, path, force=self.context.force)
        except ReportError as error:
            raise PublishError(error.message, hint=error.hint) from error
        return Publication((step,), str(path))

git remote add origin git@github.com:example/app.git
ada 2026-07-01T09:00:00+00:00 a "| a | b | [click](javascript:alert(1)) <script>alert(1)</script>"
ada 2026-07-02T09:00:00+00:00 b "fixes #12, closes org/repo#7, thanks @octocat and @org/team"
ada 2026-07-03T09:00:00+00:00 c "![pixel](https://evil.example/x.png) www.evil.example me@evil.example"
ada 2026-07-04T09:00:00+00:00 d "# heading --> <!-- comment \`code\` **bold** _it_ ~~gone~~ &#64;me"
ada 2026-07-05T09:00:00+00:00 e "$(printf 'right to \342\200\256left and a bell \007')"
ada 2026-07-06T09:00:00+00:00 f '&#;<img src=x onerror=alert(1)//></b> { onmouseover=alert(1) }'
ada 2026-07-07T09:00:00+00:00 g 'root@.evil.example //evil.example evil.example/x &12 :tada: {{ 7*7 }}'
ada 2026-07-08T09:00:00+00:00 h 'PAY-12 5fe81668b40bed5453402a22379558675065a7bc5fe81668b40bed5453402a22 x.__b__.c C#'
git update-ref refs/remotes/origin/main main
git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main

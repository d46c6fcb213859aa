/** Text made safe for HTML content and attribute values. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** What a page answers: HTML, or where to go next. */
export type PageAnswer = { status: number; html: string } | { redirect: string };

const STYLE = `
:root { color-scheme: light dark; --bg: #f6f8fa; --card: #fff; --ink: #1a1f36; --soft: #5c6478; --line: #d5dbe3; --accent: #4f46e5; --on-accent: #fff; --bad: #b3093c; --bad-bg: #fdeef2; --note: #8a4b00; --note-bg: #fff4e0; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f1220; --card: #191d2e; --ink: #eceef5; --soft: #a3abc0; --line: #343a52; --accent: #7c75ff; --on-accent: #0f1220; --bad: #ff9fb4; --bad-bg: #3a1722; --note: #ffce85; --note-bg: #37290f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--bg); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1rem 3rem; display: grid; gap: 1.5rem; }
main.narrow { max-width: 28rem; }
@media (min-width: 48rem) { main.wide { grid-template-columns: 1fr 1fr; padding-top: 4rem; gap: 3rem; } }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; }
h1, h2 { font-size: 1.1rem; font-weight: 600; margin: 0 0 .25rem; }
.amount { font-size: 2rem; font-weight: 650; margin: 0 0 1rem; font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); font-size: .875rem; }
.note { display: inline-block; background: var(--note-bg); color: var(--note); font-size: .75rem; font-weight: 600; border-radius: 999px; padding: .15rem .6rem; margin-bottom: 1rem; }
ul.lines { list-style: none; margin: 0; padding: 0; }
ul.lines li { display: flex; justify-content: space-between; gap: 1rem; padding: .6rem 0; border-top: 1px solid var(--line); }
label { display: block; font-size: .875rem; font-weight: 550; margin: 1rem 0 .3rem; }
input { width: 100%; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 8px; padding: .6rem .75rem; }
input::placeholder { color: var(--soft); opacity: 1; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button { width: 100%; margin-top: 1.5rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0; border-radius: 8px; padding: .75rem; cursor: pointer; }
button.quiet { margin-top: .75rem; color: var(--ink); background: transparent; border: 1px solid var(--line); }
a { color: var(--accent); }
.error { background: var(--bad-bg); color: var(--bad); border-radius: 8px; padding: .6rem .75rem; margin: 1rem 0 0; }
`;

/** A whole page. \`body\` is HTML; \`title\` is text. */
export function pageHtml(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** A page that only says something, such as that a link is no longer good. */
export function messagePage(status: number, title: string, message: string): PageAnswer {
  const body = `<main class="narrow"><section class="card"><h1>${escapeHtml(title)}</h1><p class="soft">${escapeHtml(message)}</p></section></main>`;
  return { status, html: pageHtml(title, body) };
}

/** An error that screen readers announce, or nothing. */
export function errorHtml(message: string | null): string {
  return message === null ? '' : `<p class="error" role="alert">${escapeHtml(message)}</p>`;
}

// A picture as a page: one file that works without a network. The SVG, what is known of each node and link, and a script to look around.
import { createHash } from 'node:crypto'
import { fragment } from 'xmlbuilder2'
import { detailsOf } from './details.ts'
import type { GraphSource } from './drawn-network.ts'
import { VIEWER } from './generated/viewer.ts'
import { graphOf } from './graph.ts'
import { formatSvg } from './svg.ts'

export function formatHtml(source: GraphSource): string {
  const graph = graphOf(source)
  const title = `${graph.lab} – netlab`
  // Nothing but this script runs, whatever a name in the file holds, and nothing is fetched.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(VIEWER).digest('base64')}'`
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<header>
<h1>${escaped(graph.lab)}</h1>
<span>${graph.isLive ? 'as it ran when this was made' : 'as its file has it'}</span>
<input type="search" id="search" placeholder="name or address  ( / )" aria-label="Search for names and addresses">
<output id="found" for="search"></output>
<span class="zoom"><button id="in" title="zoom in (+)">+</button><button id="out" title="zoom out (-)">−</button><button id="fit" title="all of it (0)">fit</button></span>
</header>
<main id="picture">
${formatSvg(graph).trimEnd()}
</main>
<aside id="detail" aria-live="polite"><p>Click on a node or a link. Drag to move, turn the wheel to zoom.</p></aside>
<script type="application/json" id="details">${jsonIn(detailsOf(source))}</script>
<script>${VIEWER}</script>
</body>
</html>
`
}

function escaped(text: string): string {
  return fragment().txt(text).toString()
}

/** A script element ends at `</script`, and `<!--` changes where: neither is in JSON whose `<` is written by its number. */
function jsonIn(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

const STYLE = `:root{--page:#fff;--text:#1b1f24;--quiet:#4b5563;--edge:#c8ced6;--accent:#1d4ed8}
@media (prefers-color-scheme:dark){:root{--page:#14171c;--text:#e8eaed;--quiet:#a7b0bd;--edge:#3a414b;--accent:#9db8ff}}
*{box-sizing:border-box}
body{margin:0;height:100vh;display:grid;grid-template:auto 1fr/1fr minmax(16rem,34rem);background:var(--page);color:var(--text);font:14px/1.4 system-ui,sans-serif}
header{grid-column:1/3;display:flex;gap:1rem;align-items:center;padding:.5rem 1rem;border-bottom:1px solid var(--edge);flex-wrap:wrap}
h1{font-size:1.1rem;margin:0}header span{color:var(--quiet)}
input,button{font:inherit;color:inherit;background:transparent;border:1px solid var(--edge);border-radius:4px;padding:.2rem .5rem}
.zoom{margin-left:auto}
main{overflow:hidden;touch-action:none;cursor:grab}
main svg{width:100%;height:100%;display:block}
aside{overflow:auto;border-left:1px solid var(--edge);padding:.75rem 1rem}
aside h2{font-size:1rem;margin:0}aside h3{font-size:.85rem;margin:1rem 0 .25rem;color:var(--quiet)}
table{border-collapse:collapse;font:12px/1.4 ui-monospace,Menlo,Consolas,monospace;width:100%}
th{text-align:left;color:var(--quiet);font-weight:normal}
td,th{padding:.1rem .6rem .1rem 0;vertical-align:top;white-space:pre-wrap;overflow-wrap:break-word}
[data-node],[data-line]{cursor:pointer}
[data-node]:focus-visible{outline:2px solid var(--accent)}
svg .selected>.shape{stroke:var(--accent);stroke-width:5}svg .selected>.way:not(.inner){stroke:var(--accent);stroke-width:5}
.way{pointer-events:visibleStroke}
svg.searching [data-node]:not(.match){opacity:.25}
@media (max-width:50rem){body{grid-template:auto 1fr minmax(8rem,35vh)/1fr}header{grid-column:1}aside{border-left:0;border-top:1px solid var(--edge)}}`

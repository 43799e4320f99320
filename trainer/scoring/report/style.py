"""The report page's look: calm and dark, one green for the choice and one amber for doubt."""

STYLE = """
:root { color-scheme: dark; --ground: #16171a; --raised: #1e2024; --line: #2c2f35; --text: #ececee; --quiet: #9a9da5;
  --green: #7ccda4; --amber: #e4ac60; --blue: #8fb4e8; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 48px 32px; }
h1 { font-size: 28px; font-weight: 600; margin: 0 0 8px; }
h2 { font-size: 15px; font-weight: 600; color: var(--quiet); margin: 36px 0 8px; }
.reason { font-size: 17px; max-width: 72ch; margin: 0 0 28px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
thead th { color: var(--quiet); font-weight: 500; text-align: left; }
section > table { width: 100%; }
section > table th, section > table td { padding: 8px 14px 8px 8px; border-bottom: 1px solid var(--line);
  text-align: left; white-space: nowrap; }
tbody th { font-weight: 600; }
small { color: var(--quiet); font-size: 12px; font-weight: 400; }
tr.chosen { background: color-mix(in srgb, var(--green) 9%, transparent); }
tr.chosen .verdict, th.chosen { color: var(--green); }
tr.flagged .verdict, th.flagged { color: var(--amber); }
tr.plain .verdict { color: var(--quiet); }
.curves { display: flex; flex-wrap: wrap; gap: 16px; margin-top: 28px; }
figure { flex: 1 1 300px; max-width: 480px; margin: 0; padding: 12px 12px 4px; background: var(--raised);
  border-radius: 8px; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; }
svg text { fill: var(--quiet); font-size: 11px; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
line.grid { stroke: var(--line); }
.level { stroke: var(--quiet); stroke-dasharray: 3 4; }
.line { fill: none; stroke: var(--blue); stroke-width: 2; }
.band { fill: var(--blue); opacity: .16; }
.dot { fill: var(--blue); } circle.chosen { fill: var(--green); }
ul { margin: 0; padding-left: 18px; } li b { font-weight: 600; margin-right: 4px; }
.grid th { font-weight: 600; text-align: left; padding: 4px; }
.grid tr > th[scope=row] { width: 220px; min-width: 180px; font-weight: 400; font-size: 13px; vertical-align: top;
  padding-right: 16px; }
.grid small { display: block; }
.grid td { padding: 4px; }
.grid img { display: block; width: 100%; min-width: 88px; max-width: 176px; border-radius: 4px; }
.grid td.chosen img { outline: 2px solid var(--green); outline-offset: 1px; }
details { margin-top: 28px; } summary { cursor: pointer; color: var(--quiet); }
footer { margin-top: 40px; color: var(--quiet); font-size: 13px; }
"""

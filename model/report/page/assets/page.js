"use strict";
(function () {
  const $ = (id) => document.getElementById(id);
  const read = (id) => JSON.parse($(id).textContent);
  const root = document.documentElement;
  const data = read("data");
  const MEAN = 0, LOW = 1, LOWER = 2, UPPER = 3, HIGH = 4;
  const state = { reading: data && data.lead, by: "channel", day: null };
  const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false };
  let ready = false;

  /* theme: figures have no colours of paper and text; they follow the page */
  const dark = () => root.dataset.theme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  function themed() {
    return { "font.color": css("--ink"), "hoverlabel.bgcolor": css("--soft"), "hoverlabel.bordercolor": css("--line"), "hoverlabel.font.color": css("--ink"), "legend.bgcolor": "rgba(0,0,0,0)" };
  }
  function inked(plot) {
    const at = plot.data.map((t, i) => (t.meta === "ink" ? i : -1)).filter((i) => i >= 0);
    if (!at.length) return Promise.resolve();
    return Plotly.restyle(plot, { "marker.color": css("--ink"), "line.color": css("--ink") }, at);
  }
  function paint(plot) { return Plotly.relayout(plot, themed()).then(() => inked(plot)); }
  function nameTheme() { $("theme").textContent = dark() ? "Light" : "Dark"; }
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    nameTheme();
    if (ready) plots().forEach(paint);
  });
  nameTheme();

  const plots = () => Array.from(document.querySelectorAll(".plot")).filter((p) => p.data);

  /* the library is packed once in the page */
  async function unpack() {
    if (!$("library").textContent.trim()) return;
    const bytes = Uint8Array.from(atob($("library").textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.appendChild(script);
    $("library").remove();
  }
  async function draw(box) {
    if (box.data || box.dataset.begun) return;
    box.dataset.begun = "yes";
    const figure = read("data-" + box.dataset.figure);
    await Plotly.newPlot(box, figure.data, narrow(figure.layout), CONFIG);
    await paint(box);
    box.style.minHeight = "";
    box.dataset.drawn = "yes";
    offer(box);
    if (box.dataset.figure === "days") listen(box);
    if (box.dataset.figure.startsWith("waterfall") && state.day !== null) show();
  }
  /* each figure as a file: vector for print, pixels for slides */
  function offer(box) {
    const caption = box.closest("figure") && box.closest("figure").querySelector("figcaption");
    if (!caption) return;
    const name = document.title.replace(/[^\w-]+/g, "-").slice(0, 60) + "-" + box.dataset.figure;
    ["svg", "png"].forEach((format) => {
      const button = document.createElement("button");
      button.className = "save";
      button.textContent = format.toUpperCase();
      button.setAttribute("aria-label", "Save this figure as " + format.toUpperCase());
      button.addEventListener("click", () => Plotly.downloadImage(box, { format: format, filename: name, width: box.clientWidth, height: box.clientHeight, scale: format === "png" ? 2 : 1 }));
      caption.append(" ", button);
    });
  }
  function narrow(layout) {
    if (innerWidth > 600) return layout;
    const out = Object.assign({}, layout, { font: Object.assign({}, layout.font, { size: 10 }) });
    out.margin = Object.assign({}, layout.margin, { l: 4, r: 6 });
    /* a title on one line: two would run into the picture above it */
    const fits = (text) => Math.max(7, Math.min(10, Math.floor((innerWidth - 60) / (0.6 * text.replace(/<[^>]*>/g, "").length))));
    out.annotations = (layout.annotations || []).map((a) => (a.font && a.font.size > 10 && !a.arrowhead ? Object.assign({}, a, { font: Object.assign({}, a.font, { size: fits(a.text) }) }) : a));
    return out;
  }

  /* numbers as the rest of the page prints them */
  function said(x, q) {
    if (x === null || x === undefined) return "\u2013";
    let t = Math.abs(x).toLocaleString("en-GB", { minimumFractionDigits: data.decimals[q], maximumFractionDigits: data.decimals[q] });
    return (x < 0 && /[1-9]/.test(t) ? "\u2212" : "") + t;
  }
  const date = (d) => { const t = new Date(d + "T12:00:00Z"); return t.getUTCDate() + " " + ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][t.getUTCMonth()] + " " + t.getUTCFullYear(); };

  /* another day, dating or view put into a waterfall's four traces: bars, 89 %, 50 %, observed */
  function waterfall(q) {
    const key = q + "." + state.by, lines = data.lines[key], rows = data.values[state.reading][key][state.day];
    const seen = data.observed[q][state.day];
    let end = 0, inside = 0;
    const base = lines.map((line, k) => {
      const start = line.kind === "split" ? inside : end;
      if (line.kind === "split") inside += rows[k][MEAN]; else { inside = end; end += rows[k][MEAN]; }
      return start;
    });
    const y = lines.map((l) => l.label);
    const line = (a, b) => ({ x: rows.flatMap((v, k) => [base[k] + v[a], base[k] + v[b], null]), y: y.flatMap((t) => [t, t, null]) });
    const wide = line(LOW, HIGH), tight = line(LOWER, UPPER);
    return {
      x: [rows.map((v) => v[MEAN]), wide.x, tight.x, [seen]], y: [y, wide.y, tight.y, ["Observed"]], base: [base, undefined, undefined, undefined],
      customdata: [rows.map((v) => said(v[MEAN], q) + " [" + said(v[LOW], q) + ", " + said(v[HIGH], q) + "]")],
      colours: lines.map((l) => l.colour), shapes: lines.map((l) => (l.kind === "split" ? "/" : "")), order: y.concat(["Observed"]), text: [said(seen, q)],
    };
  }
  async function show() {
    for (const q of ["return", "flow"]) {
      const title = (q === "return" ? "Return" : "Net flow") + " on " + date(data.days[state.day]) + (state.by === "channel" ? ", whose trades" : ", whose shock");
      $("waterfall-" + q + "-title").textContent = title;
      const plot = $("plot-waterfall-" + q);
      if (!plot.data) continue;
      const w = waterfall(q);
      const traces = plot.data.map((t, i) => Object.assign({}, t, { x: w.x[i], y: w.y[i] }));
      traces[0].base = w.base[0]; traces[0].customdata = w.customdata[0];
      traces[0].marker = Object.assign({}, traces[0].marker, { color: w.colours, pattern: { shape: w.shapes } });
      traces[3].text = w.text;
      const layout = Object.assign({}, plot.layout, { height: 90 + 34 * w.order.length });
      layout.yaxis = Object.assign({}, layout.yaxis, { categoryarray: w.order, autorange: "reversed", range: undefined });
      layout.xaxis = Object.assign({}, layout.xaxis, { autorange: true, range: undefined });
      await Plotly.react(plot, traces, layout, CONFIG);
      plot.dataset.day = data.days[state.day]; plot.dataset.reading = state.reading; plot.dataset.by = state.by;
      plot.setAttribute("aria-label", title + ": observed " + said(data.observed[q][state.day], q) + "; " + traces[0].y.map((t, k) => t.replace("<br>", " ") + " " + w.customdata[0][k]).join(", ") + ".");
    }
    place();
    pressed();
  }
  function place() {
    const d = state.day, say = [];
    for (const q of ["return", "flow"]) {
      const unit = q === "return" ? " log-%" : " million USD", p = data.place[q][d], seen = data.observed[q][d];
      say.push((q === "return" ? "Return " : "Net flow ") + said(seen, q) + unit + (p === null ? "" : ": percentile " + p + " of the model\u2019s own predictions") + ".");
      const lines = data.lines[q + ".channel"], s = data.smaller[q][d];
      const of = lines.map((l, k) => ({ l, k })).filter((o) => o.l.kind !== "split").sort((a, b) => s[b.k] - s[a.k]).slice(0, 2);
      say.push("Against all other days, " + of.map((o) => o.l.label.replace("<br>", " ").toLowerCase() + " is larger than on " + s[o.k] + " %").join(" and ") + " of them.");
    }
    $("place").textContent = date(data.days[d]) + ". " + say.join(" ");
  }
  function choose(day) { const i = data.days.indexOf(day); if (i < 0) return; state.day = i; $("any-day").value = day; show(); }
  function listen(box) {
    box.on("plotly_click", (e) => { if (!e.points.length) return; choose(String(e.points[0].x).slice(0, 10)); $("event").scrollIntoView(); });
  }
  function button(host, text, key, value, act) {
    const b = document.createElement("button");
    b.type = "button"; b.textContent = text; b.dataset[key] = value;
    b.addEventListener("click", act); host.appendChild(b); host.append(" ");
  }
  function pressed() {
    document.querySelectorAll("#switches button").forEach((b) => {
      const on = b.dataset.reading === state.reading || b.dataset.by === state.by || b.dataset.day === data.days[state.day];
      b.setAttribute("aria-pressed", on ? "true" : "false");
    });
  }
  function switches() {
    data.readings.forEach((r) => button($("switch-reading"), r.title, "reading", r.key, () => { state.reading = r.key; show(); }));
    [["channel", "whose trades"], ["trigger", "whose shock"]].forEach(([k, t]) => button($("switch-by"), t, "by", k, () => { state.by = k; show(); }));
    data.event.forEach((d) => button($("switch-day"), date(d), "day", d, () => choose(d)));
    data.days.forEach((d) => { const o = document.createElement("option"); o.value = d; o.textContent = date(d); $("any-day").appendChild(o); });
    $("any-day").addEventListener("change", (e) => choose(e.target.value));
    const axes = (plot) => Object.keys(plot.layout).filter((k) => /^xaxis/.test(k));
    const zoom = (range) => { const plot = $("plot-days"); if (!plot.data) return; const c = {}; axes(plot).forEach((a) => { c[a + ".range"] = range; c[a + ".autorange"] = !range; }); Plotly.relayout(plot, c); };
    $("all-days").addEventListener("click", () => zoom(null));
    $("event-days").addEventListener("click", () => {
      const at = data.event.map((d) => data.days.indexOf(d)), last = data.days.length - 1;
      zoom([data.days[Math.max(Math.min(...at) - 20, 0)], data.days[Math.min(Math.max(...at) + 20, last)]]);
    });
    const seen = data.event.map((d) => Math.abs(data.observed.return[data.days.indexOf(d)] || 0));
    choose(data.event[seen.indexOf(Math.max(...seen))]);
  }
  function openAll() { document.querySelectorAll("details").forEach((d) => { d.open = true; }); }
  addEventListener("beforeprint", () => { openAll(); if (ready) plots().forEach((p) => Plotly.relayout(p, { width: 680 })); });
  addEventListener("afterprint", () => { if (ready) plots().forEach((p) => Plotly.relayout(p, { width: null, autosize: true })); });

  async function start() {
    if (data) switches();
    await unpack();
    ready = typeof Plotly !== "undefined";
    for (const box of document.querySelectorAll(".plot")) {
      await draw(box);
      await new Promise((go) => setTimeout(go, 0));
    }
    root.dataset.drawn = "yes";
  }
  start();
})();

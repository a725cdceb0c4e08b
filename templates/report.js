/* The findings of the page: filter, sort, search, a page at a time. Without this script all of them stand there. */
(function () {
  "use strict";
  var PAGE = 100;
  var root = document.documentElement, table = document.getElementById("findings-table");
  if (!table) { return; }
  var all = Array.prototype.slice.call(table.tBodies).filter(function (body) { return body.hasAttribute("data-status"); });
  var text = document.getElementById("search"), count = document.getElementById("count"),
      more = document.getElementById("more"), unfold = document.getElementById("unfold");
  var boxes = ["status", "severity", "step", "check"].map(function (name) { return document.getElementById(name); });
  var found = all, shown = PAGE, order = null, printing = false;

  function words(body) {
    if (body.words === undefined) { body.words = body.textContent.toLowerCase(); }
    return body.words;
  }
  /* Off the page a finding costs nothing: only those shown are part of it. */
  all.forEach(function (body) { table.removeChild(body); body.classList.add("shut"); });
  root.classList.remove("busy");

  function fold(body, shut) {
    body.classList.toggle("shut", shut);
    body.button.setAttribute("aria-expanded", String(!shut));
  }
  function ready(body) {
    if (body.button) { return; }
    var cell = body.rows[0].cells[2], button = document.createElement("button");
    button.type = "button";
    button.className = "open";
    button.setAttribute("aria-expanded", "false");
    while (cell.firstChild) { button.appendChild(cell.firstChild); }
    cell.appendChild(button);
    button.addEventListener("click", function () { fold(body, !body.classList.contains("shut")); });
    body.button = button;
  }
  function draw() {
    var some = found.slice(0, shown), holder = document.createDocumentFragment();
    some.forEach(function (body) { ready(body); holder.appendChild(body); });
    all.forEach(function (body) { if (body.parentNode === table) { table.removeChild(body); } });
    table.appendChild(holder);
    count.textContent = found.length.toLocaleString("en") + " of " + all.length.toLocaleString("en") + " findings" +
      (found.length > shown ? ", showing the first " + shown.toLocaleString("en") : "");
    more.className = found.length > shown ? "" : "away";
    unfold.disabled = some.length === 0;
  }
  function filter() {
    var want = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = (order || all).filter(function (body) {
      return boxes.every(function (box) { return !box.value || body.getAttribute("data-" + box.id) === box.value; }) &&
             want.every(function (word) { return words(body).indexOf(word) >= 0; });
    });
    shown = PAGE;
    draw();
  }
  function sort(button) {
    var head = button.parentNode, column = head.cellIndex, up = head.getAttribute("aria-sort") !== "ascending";
    Array.prototype.forEach.call(head.parentNode.cells, function (cell) { cell.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    order = all.map(function (body, i) {
      var cell = body.rows[0].cells[column], rank = cell.getAttribute("data-rank");
      return { body: body, i: i, key: rank !== null ? Number(rank) : cell.textContent };
    }).sort(function (a, b) {
      return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (up ? 1 : -1) || a.i - b.i;
    }).map(function (one) { return one.body; });
    filter();
  }
  function isQuiet(body) {
    return /^(PASS|NOT_APPLICABLE)$/.test(body.getAttribute("data-status"));
  }
  /* On paper nothing can be unfolded: all that match are there, with the details of what is not well. */
  function toPaper() {
    if (printing) { return; }
    printing = true;
    var before = shown;
    shown = found.length;
    draw();
    shown = before;
    found.forEach(function (body) { body.wasShut = body.classList.contains("shut"); body.classList.toggle("shut", isQuiet(body)); });
  }
  function toScreen() {
    if (!printing) { return; }
    printing = false;
    found.forEach(function (body) { body.classList.toggle("shut", body.wasShut); });
    draw();
  }

  var timer;
  text.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(filter, 120); });
  boxes.forEach(function (box) { box.addEventListener("change", filter); });
  more.addEventListener("click", function () { shown += PAGE; draw(); });
  unfold.addEventListener("click", function () {
    var shut = unfold.getAttribute("aria-pressed") === "true";
    found.slice(0, shown).forEach(function (body) { fold(body, shut); });
    unfold.setAttribute("aria-pressed", String(!shut));
  });
  document.getElementById("clear").addEventListener("click", function () {
    text.value = "";
    boxes.forEach(function (box) { box.value = ""; });
    filter();
  });
  Array.prototype.forEach.call(table.tHead.querySelectorAll("button"), function (button) {
    button.addEventListener("click", function () { sort(button); });
  });
  /* A number elsewhere in the page leads to the findings that it counts. */
  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a[data-want]") : null;
    if (!link) { return; }
    text.value = "";
    boxes.forEach(function (box) { box.value = link.getAttribute("data-" + box.id) || ""; });
    filter();
  });
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", toScreen);
  var paper = window.matchMedia("print");
  if (paper.addEventListener) { paper.addEventListener("change", function (event) { (event.matches ? toPaper : toScreen)(); }); }

  /* What scrolls sideways can be reached with the keyboard, and has a name. */
  function reach() {
    Array.prototype.forEach.call(document.querySelectorAll(".wide, .charts figure"), function (box, i) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        if (!box.matches("figure")) { /* its caption names it */
          box.setAttribute("role", "region");
          box.setAttribute("aria-label", box.closest("section").querySelector("h2").textContent + ", table " + (i + 1));
        }
      } else {
        ["tabindex", "role", "aria-label"].forEach(function (name) { box.removeAttribute(name); });
      }
    });
  }
  window.addEventListener("resize", reach);
  filter();
  reach();
})();

document.querySelectorAll("th[data-sort]").forEach(function (th) {
  th.addEventListener("click", function () {
    var table = th.closest("table"), body = table.tBodies[0], at = th.cellIndex;
    var down = th.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("th").forEach(function (o) { o.removeAttribute("aria-sort"); });
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    function key(row) { var c = row.cells[at], v = c.getAttribute("data-v"); return v === null ? c.textContent : parseFloat(v); }
    Array.from(body.rows).sort(function (a, b) {
      var x = key(a), y = key(b), less = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return down ? -less : less;
    }).forEach(function (row) { body.appendChild(row); });
  });
});

(function () {
  "use strict";
  var opened = [];
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (part) {
      part.open = true;
      opened.push(part);
    });
  });
  addEventListener("afterprint", function () {
    opened.splice(0).forEach(function (part) { part.open = false; });
  });
  function reveal() {
    var part = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (part && part.tagName === "DETAILS") { part.hidden = false; part.open = true; part.scrollIntoView(); }
  }
  addEventListener("hashchange", reveal);
  reveal();

  var search = document.getElementById("search");
  if (search) {
    var words = document.getElementById("words");
    var none = document.getElementById("none");
    var items = Array.prototype.slice.call(document.querySelectorAll(".item"));
    var look = function () {
      var text = words.value.trim().toLowerCase();
      items.forEach(function (item) {
        item.hidden = text !== "" && item.textContent.toLowerCase().indexOf(text) < 0;
      });
      none.textContent = items.some(function (item) { return item.offsetParent !== null; }) ? "" : none.dataset.words;
    };
    search.hidden = false;
    words.addEventListener("input", look);
    document.querySelectorAll("[name=choose]").forEach(function (one) { one.addEventListener("change", look); });
  }

  var tools = document.getElementById("tools");
  if (!tools) { return; }
  var find = document.getElementById("find");
  var show = document.getElementById("show");
  var sort = document.getElementById("sort");
  var found = document.getElementById("found");
  var bodies = Array.prototype.slice.call(document.querySelectorAll("#grid tbody"));
  function keep(row) {
    var text = find.value.trim().toLowerCase();
    if (text && row.dataset.name.indexOf(text) < 0) { return false; }
    return show.value === "all" || row.dataset[show.value] === "1";
  }
  function filter() {
    var count = 0;
    bodies.forEach(function (body) {
      var some = false;
      body.querySelectorAll("tr[data-name]").forEach(function (row) {
        row.hidden = !keep(row);
        if (!row.hidden) { some = true; count += 1; }
      });
      body.hidden = !some;
    });
    found.textContent = found.dataset.words.replace("{n}", String(count));
  }
  function order() {
    bodies.forEach(function (body) {
      var rows = Array.prototype.slice.call(body.querySelectorAll("tr[data-name]"));
      rows.sort(function (a, b) {
        if (sort.value === "worst") { return Number(a.dataset.rank) - Number(b.dataset.rank); }
        return a.dataset.name < b.dataset.name ? -1 : a.dataset.name > b.dataset.name ? 1 : 0;
      });
      rows.forEach(function (row) { body.appendChild(row); });
    });
  }
  find.addEventListener("input", filter);
  show.addEventListener("change", filter);
  sort.addEventListener("change", order);
  tools.hidden = false;
  filter();
})();

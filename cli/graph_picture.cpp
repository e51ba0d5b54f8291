#include "cli/graph_picture.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

constexpr int kBoxWidth = 250;
constexpr int kBoxHeight = 46;
constexpr int kGapX = 90;
constexpr int kGapY = 18;
constexpr int kMargin = 24;

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string shortened(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  return text.substr(0, longest - 1) + "…";
}

std::string_view cloud_of(const PictureNode& node) {
  const std::string_view type = node.type;
  return type.substr(0, type.find('.'));
}

struct Place {
  int x = 0;
  int y = 0;
};

// Columns by the longest path to a node; within a column, near what the node needs.
struct Layout {
  std::vector<Place> places;
  int width = 0;
  int height = 0;
};

Layout lay_out(const Picture& picture) {
  const std::size_t count = picture.nodes.size();
  std::vector<std::vector<std::size_t>> needs(count);
  for (const PictureEdge& edge : picture.edges) {
    if (!edge.is_weak) needs[edge.from].push_back(edge.to);
  }
  std::vector<std::size_t> column(count, 0);
  for (std::size_t i = 0; i < count; ++i) {  // dependencies come first
    for (const std::size_t need : needs[i])
      column[i] = std::max(column[i], column[need] + 1);
  }
  std::map<std::size_t, std::vector<std::size_t>> columns;
  for (std::size_t i = 0; i < count; ++i)
    columns[column[i]].push_back(i);
  std::vector<double> rank(count, 0);
  Layout layout;
  layout.places.resize(count);
  for (auto& [index, members] : columns) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t position = 0; position < members.size(); ++position) {
      const std::size_t node = members[position];
      double sum = 0;
      for (const std::size_t need : needs[node])
        sum += rank[need];
      order.emplace_back(needs[node].empty() ? static_cast<double>(position)
                                             : sum / static_cast<double>(needs[node].size()),
                         node);
    }
    std::ranges::stable_sort(order, {}, &std::pair<double, std::size_t>::first);
    for (std::size_t row = 0; row < order.size(); ++row) {
      rank[order[row].second] = static_cast<double>(row);
      const int x = kMargin + static_cast<int>(index) * (kBoxWidth + kGapX);
      const int y = kMargin + static_cast<int>(row) * (kBoxHeight + kGapY);
      layout.places[order[row].second] = {x, y};
      layout.width = std::max(layout.width, x + kBoxWidth + kMargin);
      layout.height = std::max(layout.height, y + kBoxHeight + kMargin);
    }
  }
  return layout;
}

std::string edge_path(const Place& from, const Place& to) {
  const int start_x = to.x + kBoxWidth;
  const int start_y = to.y + kBoxHeight / 2;
  const int end_x = from.x;
  const int end_y = from.y + kBoxHeight / 2;
  const int bend = std::max(kGapX / 2, (end_x - start_x) / 2);
  return fmt::format("M{} {} C{} {}, {} {}, {} {}", start_x, start_y, start_x + bend, start_y,
                     end_x - bend, end_y, end_x, end_y);
}

constexpr std::string_view kStyle = R"(
  .box { rx: 7; stroke-width: 1.4 }
  .aws .box { fill: #fff4e2; stroke: #d98a1f }
  .snowflake .box { fill: #e6f4fb; stroke: #2b8fbd }
  .firn .box { fill: #eef0f3; stroke: #79808c }
  text { font-family: system-ui, sans-serif; fill: #1c2430 }
  .address { font-size: 13px; font-weight: 600 }
  .about { font-size: 11px; fill: #55606e }
  .edge { fill: none; stroke: #8a94a3; stroke-width: 1.3 }
  .weak { stroke-dasharray: 4 4; stroke: #b9c0cb }
)";

}  // namespace

std::string mermaid(const Picture& picture) {
  std::string text =
      fmt::format("%% {}: what needs what; a dotted line refers without waiting\n", picture.title);
  text += "flowchart LR\n";
  for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
    const PictureNode& node = picture.nodes[i];
    text += fmt::format("  n{}[\"{}<br/><small>{}</small>\"]:::{}\n", i,
                        replace_all(node.address, "\"", "'"), escaped(node.type), cloud_of(node));
  }
  for (const PictureEdge& edge : picture.edges) {
    text += fmt::format("  n{} {} n{}\n", edge.to, edge.is_weak ? "-.->" : "-->", edge.from);
  }
  text += "  classDef aws fill:#fff4e2,stroke:#d98a1f\n";
  text += "  classDef snowflake fill:#e6f4fb,stroke:#2b8fbd\n";
  text += "  classDef firn fill:#eef0f3,stroke:#79808c\n";
  return text;
}

std::string svg(const Picture& picture) {
  const Layout layout = lay_out(picture);
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\">\n<title>{2}</title>\n<style>{3}</style>\n",
      layout.width, layout.height, escaped(picture.title), kStyle);
  text +=
      "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
      "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#8a94a3\"/>"
      "</marker></defs>\n";
  for (const PictureEdge& edge : picture.edges) {
    text += fmt::format(
        "<path class=\"edge{}\" data-from=\"{}\" data-to=\"{}\" d=\"{}\" "
        "marker-end=\"url(#tip)\"/>\n",
        edge.is_weak ? " weak" : "", edge.from, edge.to,
        edge_path(layout.places[edge.from], layout.places[edge.to]));
  }
  for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
    const PictureNode& node = picture.nodes[i];
    const Place& place = layout.places[i];
    text += fmt::format(
        "<g class=\"node {}\" data-node=\"{}\"><title>{}\n{}\n{}</title>"
        "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>"
        "<text class=\"address\" x=\"{}\" y=\"{}\">{}</text>"
        "<text class=\"about\" x=\"{}\" y=\"{}\">{}</text></g>\n",
        cloud_of(node), i, escaped(node.address), escaped(node.type), escaped(node.name), place.x,
        place.y, kBoxWidth, kBoxHeight, place.x + 10, place.y + 19,
        escaped(shortened(node.address, 32)), place.x + 10, place.y + 36,
        escaped(shortened(node.type + (node.name.empty() ? "" : " · " + node.name), 42)));
  }
  return text + "</svg>\n";
}

std::string html(const Picture& picture) {
  return fmt::format(
      R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<style>
  html, body {{ margin: 0; height: 100%; font-family: system-ui, sans-serif; color: #1c2430 }}
  header {{ padding: 10px 16px; border-bottom: 1px solid #dde1e7; display: flex; gap: 16px; align-items: baseline }}
  header h1 {{ font-size: 16px; margin: 0 }}
  header p {{ font-size: 13px; margin: 0; color: #55606e }}
  main {{ height: calc(100% - 46px); overflow: auto }}
  input {{ font: inherit; font-size: 13px; padding: 3px 8px }}
  .faded {{ opacity: 0.15 }}
  .node {{ cursor: pointer }}
</style>
</head>
<body>
<header>
  <h1>{0}</h1>
  <input id="find" type="search" placeholder="find an object" aria-label="find an object">
  <p>An arrow leads from an object to what waits for it; a dotted one refers without waiting. Click an object to see its road alone.</p>
</header>
<main>
{1}</main>
<script>
  const nodes = [...document.querySelectorAll('.node')];
  const edges = [...document.querySelectorAll('.edge')];
  const reach = (start, from, to) => {{
    const seen = new Set([start]);
    const todo = [start];
    while (todo.length) {{
      const node = todo.pop();
      for (const edge of edges) {{
        if (edge.dataset[from] === node && !seen.has(edge.dataset[to])) {{
          seen.add(edge.dataset[to]);
          todo.push(edge.dataset[to]);
        }}
      }}
    }}
    return seen;
  }};
  const show = kept => {{
    for (const node of nodes) node.classList.toggle('faded', kept !== null && !kept.has(node.dataset.node));
    for (const edge of edges) {{
      const on = kept === null || (kept.has(edge.dataset.from) && kept.has(edge.dataset.to));
      edge.classList.toggle('faded', !on);
    }}
  }};
  let chosen = null;
  for (const node of nodes) {{
    node.addEventListener('click', event => {{
      event.stopPropagation();
      chosen = chosen === node.dataset.node ? null : node.dataset.node;
      if (chosen === null) return show(null);
      show(new Set([...reach(chosen, 'from', 'to'), ...reach(chosen, 'to', 'from')]));
    }});
  }}
  document.querySelector('main').addEventListener('click', () => {{ chosen = null; show(null); }});
  document.getElementById('find').addEventListener('input', event => {{
    const text = event.target.value.toLowerCase();
    if (!text) return show(null);
    show(new Set(nodes.filter(node => node.textContent.toLowerCase().includes(text)).map(node => node.dataset.node)));
  }});
</script>
</body>
</html>
)",
      escaped(picture.title), svg(picture));
}

}  // namespace firn::cli

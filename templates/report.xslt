<?xml version="1.0" encoding="UTF-8"?>
<!-- The HTML report. Applied to <report> for the page, then to <findings> for every few hundred rows,
     which take the place of the comment "findings". A copy in another folder, named by
     TOWERKEEP_TEMPLATES, replaces this one. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="html" encoding="UTF-8" indent="no"/>

<xsl:variable name="style"><![CDATA[
:root{color-scheme:light dark;--page:#fff;--ink:#1f2937;--soft:#4b5563;--line:#d1d5db;--panel:#f3f4f6;--link:#1d4ed8;
--pass:#15803d;--passbg:#dcfce7;--fail:#b91c1c;--failbg:#fee2e2;--warn:#92400e;--warnbg:#fef3c7;--none:#374151;--nonebg:#e5e7eb}
@media screen and (prefers-color-scheme:dark){:root{--page:#111827;--ink:#e5e7eb;--soft:#b6bdc8;--line:#4b5563;--panel:#1f2937;--link:#93c5fd;
--pass:#86efac;--passbg:#14532d;--fail:#fecaca;--failbg:#7f1d1d;--warn:#fde68a;--warnbg:#78350f;--none:#e5e7eb;--nonebg:#374151}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main,footer{max-width:1400px;margin:0 auto;padding:1rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:0}
a{color:var(--link)}
h1{margin:0 0 .5rem;font-size:1.6rem}h2{margin:2rem 0 .5rem;font-size:1.25rem;border-bottom:1px solid var(--line)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;unicode-bidi:isolate;white-space:pre-wrap}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere;unicode-bidi:isolate}
th{background:var(--panel)}thead th{position:sticky;top:0;overflow-wrap:break-word}
td.n{text-align:right;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
.tag{display:inline-block;border-radius:.25rem;padding:0 .4rem;font-weight:600;white-space:nowrap;color:var(--none);background:var(--nonebg)}
.pass{color:var(--pass);background:var(--passbg)}.fail{color:var(--fail);background:var(--failbg)}.warn{color:var(--warn);background:var(--warnbg)}.none{color:var(--none);background:var(--nonebg)}
.charts{display:flex;flex-wrap:wrap;gap:2rem;align-items:flex-start}figure{margin:0}figcaption{font-weight:600}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg text.small{font-size:6px}
.b-fail{fill:#dc2626}.b-error{fill:#d97706}.b-other{fill:#9ca3af}.b-pass{fill:#16a34a}
.key span{display:inline-block;width:.8rem;height:.8rem;margin:0 .3rem 0 .8rem;vertical-align:-1px}
.k-fail{background:#dc2626}.k-error{background:#d97706}.k-other{background:#9ca3af}.k-pass{background:#16a34a}
.ring{fill:none;stroke:var(--failbg);stroke-width:6}.arc{fill:none;stroke:#16a34a;stroke-width:6}
.d1{padding-left:1.5rem}.d2{padding-left:3rem}.d3{padding-left:4.5rem}.d4{padding-left:6rem}.d5{padding-left:7.5rem}
.tools{display:none;flex-wrap:wrap;gap:.75rem;align-items:end;margin:.5rem 0}.js .tools{display:flex}
.tools label{display:block;color:var(--soft);font-size:.85rem}
input,select,button{font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:.25rem;padding:.25rem .5rem}
th button{border:0;background:none;padding:0;font-weight:700;cursor:pointer}
.away{display:none}
details>summary{cursor:pointer;color:var(--link)}
@media print{nav,.tools,.more{display:none!important}body{font-size:10px}header,main,footer{max-width:none;padding:0}thead th{position:static}
thead{display:table-header-group}tr,figure{break-inside:avoid}.tag,th,.k-fail,.k-error,.k-other,.k-pass{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{size:A4 landscape;margin:12mm}}
]]></xsl:variable>

<xsl:variable name="script"><![CDATA[
(function () {
  "use strict";
  var PAGE = 200, body = document.getElementById("rows"), rows = Array.prototype.slice.call(body.rows);
  var text = document.getElementById("search"), status = document.getElementById("status"),
      severity = document.getElementById("severity"), step = document.getElementById("step"),
      count = document.getElementById("count"), more = document.getElementById("more"), shown = PAGE, found = rows;
  function words(row) {
    if (row.words === undefined) { row.words = row.textContent.toLowerCase(); }
    return row.words;
  }
  function draw(limit) {
    rows.forEach(function (row) { row.className = "away"; });
    found.slice(0, limit).forEach(function (row) { row.className = ""; });
    count.textContent = found.length + " of " + rows.length + " listed findings match; " + Math.min(limit, found.length) + " shown";
    more.className = found.length <= limit ? "away" : "";
  }
  function filter() {
    var want = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter(function (row) {
      return (!status.value || row.getAttribute("data-status") === status.value) &&
             (!severity.value || row.getAttribute("data-severity") === severity.value) &&
             (!step.value || row.getAttribute("data-step") === step.value) &&
             want.every(function (word) { return words(row).indexOf(word) >= 0; });
    });
    shown = PAGE;
    draw(shown);
  }
  var timer;
  text.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(filter, 150); });
  [status, severity, step].forEach(function (box) { box.addEventListener("change", filter); });
  more.addEventListener("click", function () { shown += PAGE; draw(shown); });
  Array.prototype.forEach.call(document.querySelectorAll("#findings-table th button"), function (button) {
    button.addEventListener("click", function () {
      var head = button.parentNode, column = head.cellIndex, up = head.getAttribute("aria-sort") !== "ascending";
      Array.prototype.forEach.call(head.parentNode.cells, function (cell) { cell.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      var keyed = rows.map(function (row, i) {
        var cell = row.cells[column];
        return { row: row, i: i, key: cell.getAttribute("data-rank") || cell.textContent };
      });
      keyed.sort(function (a, b) {
        return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (up ? 1 : -1) || a.i - b.i;
      });
      rows = keyed.map(function (k) { return k.row; });
      rows.forEach(function (row) { body.appendChild(row); });
      filter();
    });
  });
  window.addEventListener("beforeprint", function () { draw(found.length); });
  window.addEventListener("afterprint", function () { draw(shown); });
  document.documentElement.className = "js";
  filter();
})();
]]></xsl:variable>

<!-- A word with the colour of what it means; the word itself always stands there. -->
<xsl:template name="tag">
  <xsl:param name="word"/>
  <span>
    <xsl:attribute name="class">
      <xsl:text>tag </xsl:text>
      <xsl:choose>
        <xsl:when test="contains('|PASS|FIXED|COMPLIANT|SUCCEEDED|Enabled|IN_SYNC|yes|done|ON|', concat('|', $word, '|'))">pass</xsl:when>
        <xsl:when test="contains('|FAIL|NON-COMPLIANT|FAILED|missing|no key configured|DRIFTED|Disabled|PendingDeletion|no|failed|NOT REACHED|critical|high|OFF|', concat('|', $word, '|'))">fail</xsl:when>
        <xsl:when test="contains('|ERROR|INCOMPLETE|MANUAL|PARTIAL|UNDER_CHANGE|medium|not attempted|unknown|', concat('|', $word, '|'))">warn</xsl:when>
        <xsl:otherwise>none</xsl:otherwise>
      </xsl:choose>
    </xsl:attribute>
    <xsl:value-of select="$word"/>
  </span>
</xsl:template>

<xsl:template name="line">
  <xsl:param name="name"/>
  <xsl:param name="value"/>
  <xsl:if test="$value != ''"><dt><xsl:value-of select="$name"/></dt><dd><xsl:value-of select="$value"/></dd></xsl:if>
</xsl:template>

<xsl:template name="more-than-listed">
  <xsl:param name="listed"/>
  <xsl:param name="total"/>
  <xsl:if test="$total &gt; $listed">
    <p><xsl:value-of select="$listed"/> of <xsl:value-of select="$total"/> are listed here; the workbook and the JSON report have all of them.</p>
  </xsl:if>
</xsl:template>

<xsl:template match="/report">
<html lang="en">
<head>
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
  <meta name="viewport" content="width=device-width, initial-scale=1"/>
  <title>Backup architecture audit</title>
  <style><xsl:value-of select="$style" disable-output-escaping="yes"/></style>
</head>
<body>
<header>
  <h1>Backup architecture audit</h1>
  <p><xsl:call-template name="tag"><xsl:with-param name="word" select="summary/@verdict"/></xsl:call-template>
  <xsl:text> organization </xsl:text><xsl:value-of select="run/@organization_id"/>
  <xsl:text>, ended </xsl:text><xsl:value-of select="run/@ended"/></p>
  <nav aria-label="Sections"><ul>
    <li><a href="#summary">Summary</a></li><li><a href="#checks">Checks</a></li><li><a href="#tree">OU baselines</a></li>
    <li><a href="#keys">KMS matrix</a></li><li><a href="#opt-in">Opt-in matrix</a></li><li><a href="#findings">Findings</a></li>
    <xsl:if test="changes/change"><li><a href="#changes">Changes</a></li></xsl:if>
    <li><a href="#gaps">Not seen</a></li><li><a href="#run">Run</a></li>
  </ul></nav>
</header>
<main>
  <xsl:apply-templates select="summary"/>
  <xsl:apply-templates select="checks"/>
  <xsl:apply-templates select="tree"/>
  <xsl:apply-templates select="keys"/>
  <xsl:apply-templates select="opt_in"/>
  <xsl:call-template name="findings-table"/>
  <xsl:apply-templates select="changes[change]"/>
  <xsl:apply-templates select="gaps"/>
  <xsl:apply-templates select="run"/>
</main>
<footer><p>towerkeep <xsl:value-of select="run/@version"/>, run <xsl:value-of select="run/@run_id"/></p></footer>
<script><xsl:value-of select="$script" disable-output-escaping="yes"/></script>
</body>
</html>
</xsl:template>

<xsl:template match="summary">
  <section id="summary" aria-labelledby="h-summary">
  <h2 id="h-summary">Summary</h2>
  <dl>
    <dt>Coverage</dt><dd><xsl:value-of select="@reached"/> of <xsl:value-of select="@expected"/> account-Regions fully read, gaps: <xsl:value-of select="@gaps"/></dd>
    <dt>Pass rate</dt><dd><xsl:choose>
      <xsl:when test="@judged &gt; 0"><xsl:value-of select="format-number(100 * @passed div @judged, '0.0')"/> % (<xsl:value-of select="@passed"/> of <xsl:value-of select="@judged"/> judged PASS or FAIL)</xsl:when>
      <xsl:otherwise>nothing was judged</xsl:otherwise></xsl:choose></dd>
    <dt>Failing</dt><dd><xsl:for-each select="severity"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@failing"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></xsl:for-each></dd>
  </dl>
  <div class="charts">
    <figure>
      <figcaption>Findings by step</figcaption>
      <svg role="img" aria-label="Findings by step; the table below has the numbers" width="640" height="190" viewBox="0 0 640 190">
        <xsl:for-each select="step">
          <xsl:variable name="y" select="25 * (position() - 1) + 5"/>
          <xsl:variable name="scale"><xsl:choose><xsl:when test="@total &gt; 0"><xsl:value-of select="400 div @total"/></xsl:when><xsl:otherwise>0</xsl:otherwise></xsl:choose></xsl:variable>
          <xsl:variable name="other" select="@MANUAL + @MUTED + @NOT_APPLICABLE"/>
          <text x="0" y="{$y + 14}"><xsl:value-of select="@number"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></text>
          <rect class="b-fail" x="180" y="{$y}" height="18" width="{@FAIL * $scale}"/>
          <rect class="b-error" x="{180 + @FAIL * $scale}" y="{$y}" height="18" width="{@ERROR * $scale}"/>
          <rect class="b-other" x="{180 + (@FAIL + @ERROR) * $scale}" y="{$y}" height="18" width="{$other * $scale}"/>
          <rect class="b-pass" x="{180 + (@FAIL + @ERROR + $other) * $scale}" y="{$y}" height="18" width="{(@PASS + @FIXED) * $scale}"/>
          <text x="590" y="{$y + 14}"><xsl:value-of select="@total"/></text>
        </xsl:for-each>
      </svg>
      <p class="key"><span class="k-fail"></span>FAIL <span class="k-error"></span>ERROR <span class="k-other"></span>MANUAL, MUTED, NOT_APPLICABLE <span class="k-pass"></span>PASS, FIXED</p>
    </figure>
    <figure>
      <figcaption>Coverage</figcaption>
      <xsl:variable name="share"><xsl:choose><xsl:when test="@expected &gt; 0"><xsl:value-of select="100 * @reached div @expected"/></xsl:when><xsl:otherwise>0</xsl:otherwise></xsl:choose></xsl:variable>
      <svg role="img" aria-label="{format-number($share, '0')} percent of account-Regions fully read" width="180" height="180" viewBox="0 0 42 42">
        <circle class="ring" cx="21" cy="21" r="15.9155"/>
        <circle class="arc" cx="21" cy="21" r="15.9155" stroke-dasharray="{$share} {100 - $share}" stroke-dashoffset="25"/>
        <text class="small" x="21" y="23" text-anchor="middle"><xsl:value-of select="format-number($share, '0')"/> %</text>
      </svg>
    </figure>
  </div>
  <div class="wide"><table>
    <caption>Findings by step and status</caption>
    <thead><tr><th scope="col">Step</th><th scope="col">FAIL</th><th scope="col">ERROR</th><th scope="col">MANUAL</th><th scope="col">MUTED</th><th scope="col">FIXED</th><th scope="col">PASS</th><th scope="col">NOT_APPLICABLE</th><th scope="col">All</th></tr></thead>
    <tbody>
      <xsl:for-each select="step"><tr><th scope="row"><xsl:value-of select="@number"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></th><xsl:call-template name="numbers"/></tr></xsl:for-each>
      <tr id="all-steps"><th scope="row">All steps</th><xsl:call-template name="numbers"/></tr>
    </tbody>
  </table></div>
  </section>
</xsl:template>

<xsl:template name="numbers">
  <td class="n"><xsl:value-of select="@FAIL"/></td><td class="n"><xsl:value-of select="@ERROR"/></td><td class="n"><xsl:value-of select="@MANUAL"/></td>
  <td class="n"><xsl:value-of select="@MUTED"/></td><td class="n"><xsl:value-of select="@FIXED"/></td><td class="n"><xsl:value-of select="@PASS"/></td>
  <td class="n"><xsl:value-of select="@NOT_APPLICABLE"/></td><td class="n"><xsl:value-of select="@total"/></td>
</xsl:template>

<xsl:template match="checks">
  <section id="checks" aria-labelledby="h-checks"><h2 id="h-checks">Checks</h2>
  <div class="wide"><table>
    <thead><tr><th scope="col">Check</th><th scope="col">Severity</th><th scope="col">Step</th><th scope="col">FAIL</th><th scope="col">ERROR</th><th scope="col">MANUAL</th><th scope="col">MUTED</th><th scope="col">FIXED</th><th scope="col">PASS</th><th scope="col">NOT_APPLICABLE</th><th scope="col">All</th></tr></thead>
    <tbody><xsl:for-each select="check"><tr>
      <td><strong><xsl:value-of select="@id"/></strong><xsl:text> </xsl:text><xsl:value-of select="@title"/>
        <xsl:if test="@why != '' or @how != ''"><details><summary>Why and how</summary><dl>
          <xsl:call-template name="line"><xsl:with-param name="name">Why</xsl:with-param><xsl:with-param name="value" select="@why"/></xsl:call-template>
          <xsl:call-template name="line"><xsl:with-param name="name">How to check</xsl:with-param><xsl:with-param name="value" select="@how"/></xsl:call-template>
        </dl></details></xsl:if></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@severity"/></xsl:call-template></td>
      <td class="n"><xsl:value-of select="@step"/></td><xsl:call-template name="numbers"/>
    </tr></xsl:for-each></tbody>
  </table></div></section>
</xsl:template>

<xsl:template match="tree">
  <section id="tree" aria-labelledby="h-tree"><h2 id="h-tree">OU baselines</h2>
  <div class="wide"><table>
    <thead><tr><th scope="col">Organizational unit</th><th scope="col">Backup wanted</th><th scope="col">BackupBaseline</th><th scope="col">Version</th><th scope="col">Drift</th><th scope="col">AWSControlTowerBaseline</th><th scope="col">Accounts</th><th scope="col">Not covered</th></tr></thead>
    <tbody><xsl:for-each select="ou"><tr>
      <td class="d{@depth - 1}"><xsl:value-of select="@name"/><br/><small><xsl:value-of select="@id"/></small></td>
      <td><xsl:value-of select="@wanted"/></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@backup"/></xsl:call-template></td>
      <td><xsl:value-of select="@backup_version"/></td>
      <td><xsl:if test="@drift"><xsl:call-template name="tag"><xsl:with-param name="word" select="@drift"/></xsl:call-template></xsl:if></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@control_tower"/></xsl:call-template></td>
      <td class="n"><xsl:value-of select="@accounts"/></td>
      <td class="n"><xsl:value-of select="@uncovered"/></td>
    </tr></xsl:for-each></tbody>
  </table></div></section>
</xsl:template>

<!-- yes or no as good or bad -->
<xsl:template name="heat">
  <xsl:param name="value"/>
  <xsl:param name="good">yes</xsl:param>
  <td><xsl:attribute name="class"><xsl:choose>
    <xsl:when test="not($value)">none</xsl:when><xsl:when test="$value = $good">pass</xsl:when><xsl:otherwise>fail</xsl:otherwise></xsl:choose></xsl:attribute>
  <xsl:choose><xsl:when test="$value"><xsl:value-of select="$value"/></xsl:when><xsl:otherwise>–</xsl:otherwise></xsl:choose></td>
</xsl:template>

<xsl:template match="keys">
  <section id="keys" aria-labelledby="h-keys"><h2 id="h-keys">KMS matrix</h2>
  <div class="wide"><table>
    <caption>The backup key in each governed Region; – could not be read or does not apply</caption>
    <thead><tr><th scope="col">Region</th><th scope="col">Role</th><th scope="col">State</th><th scope="col">Multi-Region</th><th scope="col">Policy equals the primary's</th><th scope="col">Open to everyone</th><th scope="col">Rotation</th><th scope="col">Policy lacks</th><th scope="col">Key</th></tr></thead>
    <tbody><xsl:for-each select="key"><tr>
      <th scope="row"><xsl:value-of select="@region"/><xsl:if test="@home = 'yes'"> (home)</xsl:if></th>
      <td><xsl:value-of select="@type"/></td>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@state"/><xsl:with-param name="good">Enabled</xsl:with-param></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@multi_region"/></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@policy_equal"/></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@open"/><xsl:with-param name="good">no</xsl:with-param></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@rotation"/></xsl:call-template>
      <td><xsl:value-of select="@missing_actions"/></td><td><xsl:value-of select="@arn"/></td>
    </tr></xsl:for-each></tbody>
  </table></div></section>
</xsl:template>

<xsl:template match="opt_in">
  <section id="opt-in" aria-labelledby="h-opt-in"><h2 id="h-opt-in">Opt-in matrix</h2>
  <xsl:if test="type"><div class="wide"><table>
    <caption>Accounts with the resource type switched on, of those that should have it or decide about it</caption>
    <thead><tr><th scope="col">Region</th><th scope="col">Accounts</th><xsl:for-each select="type"><th scope="col"><xsl:value-of select="@name"/><xsl:if test="@required = 'yes'"> (required)</xsl:if></th></xsl:for-each></tr></thead>
    <tbody><xsl:for-each select="region"><tr>
      <th scope="row"><xsl:value-of select="@name"/></th><td class="n"><xsl:value-of select="@places"/></td>
      <xsl:for-each select="cell"><td><xsl:attribute name="class"><xsl:choose>
        <xsl:when test="@on + @off = 0">none</xsl:when><xsl:when test="@off = 0">pass</xsl:when>
        <xsl:when test="@required = 'no'">none</xsl:when><xsl:when test="@on = 0">fail</xsl:when><xsl:otherwise>warn</xsl:otherwise></xsl:choose></xsl:attribute>
        <xsl:choose><xsl:when test="@on + @off = 0">n/a</xsl:when><xsl:otherwise><xsl:value-of select="@on"/>/<xsl:value-of select="@on + @off"/></xsl:otherwise></xsl:choose></td></xsl:for-each>
    </tr></xsl:for-each></tbody>
  </table></div></xsl:if>
  <xsl:if test="off"><div class="wide"><table>
    <caption>Where a required type is OFF</caption>
    <thead><tr><th scope="col">Account</th><th scope="col">Name</th><th scope="col">Region</th><th scope="col">OFF</th></tr></thead>
    <tbody><xsl:for-each select="off"><tr><td><xsl:value-of select="@account"/></td><td><xsl:value-of select="@name"/></td><td><xsl:value-of select="@region"/></td><td><xsl:value-of select="@types"/></td></tr></xsl:for-each></tbody>
  </table></div>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(off)"/><xsl:with-param name="total" select="@places_off"/></xsl:call-template></xsl:if>
  </section>
</xsl:template>

<xsl:template name="findings-table">
  <section id="findings" aria-labelledby="h-findings"><h2 id="h-findings">Findings</h2>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="summary/@listed"/><xsl:with-param name="total" select="summary/@total"/></xsl:call-template>
  <div class="tools">
    <div><label for="search">Search</label><input id="search" type="search"/></div>
    <div><label for="status">Status</label><select id="status"><option value="">all</option><option>FAIL</option><option>ERROR</option><option>MANUAL</option><option>MUTED</option><option>FIXED</option><option>PASS</option><option>NOT_APPLICABLE</option></select></div>
    <div><label for="severity">Severity</label><select id="severity"><option value="">all</option><xsl:for-each select="summary/severity"><option><xsl:value-of select="@name"/></option></xsl:for-each></select></div>
    <div><label for="step">Step</label><select id="step"><option value="">all</option><xsl:for-each select="summary/step"><option value="{@number}"><xsl:value-of select="@number"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></option></xsl:for-each></select></div>
    <p id="count" role="status"></p>
  </div>
  <div class="wide"><table id="findings-table">
    <thead><tr><th scope="col"><button type="button">Status</button></th><th scope="col"><button type="button">Severity</button></th><th scope="col"><button type="button">Check</button></th><th scope="col"><button type="button">Account</button></th><th scope="col"><button type="button">Region</button></th><th scope="col"><button type="button">Resource</button></th></tr></thead>
    <tbody id="rows"><xsl:comment>findings</xsl:comment></tbody>
  </table></div>
  <p class="more"><button type="button" id="more" class="away">Show more</button></p>
  </section>
</xsl:template>

<xsl:template match="/findings"><xsl:apply-templates select="finding"/></xsl:template>

<xsl:template match="finding">
<tr data-status="{@status}" data-severity="{@severity}" data-step="{@step}">
  <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@status"/></xsl:call-template></td>
  <td data-rank="{@severity_rank}"><xsl:value-of select="@severity"/></td>
  <td><xsl:value-of select="@check"/><xsl:text> </xsl:text><xsl:value-of select="@title"/></td>
  <td><xsl:value-of select="@account"/><xsl:text> </xsl:text><xsl:value-of select="@account_name"/></td>
  <td><xsl:value-of select="@region"/></td>
  <td><xsl:value-of select="@resource"/><details><summary>Details</summary><dl>
    <dt>Expected</dt><dd><xsl:value-of select="@expected"/></dd>
    <dt>Observed</dt><dd><xsl:value-of select="@observed"/></dd>
    <xsl:call-template name="line"><xsl:with-param name="name">Before the fix</xsl:with-param><xsl:with-param name="value" select="@observed_before"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Detail</xsl:with-param><xsl:with-param name="value" select="@detail"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Risk</xsl:with-param><xsl:with-param name="value" select="@risk"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Fix</xsl:with-param><xsl:with-param name="value" select="@remediation"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">OU</xsl:with-param><xsl:with-param name="value" select="@ou_path"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Evidence</xsl:with-param><xsl:with-param name="value" select="@evidence"/></xsl:call-template>
    <dt>Finding</dt><dd><xsl:value-of select="@id"/></dd>
  </dl></details></td>
</tr><xsl:text>
</xsl:text></xsl:template>

<xsl:template match="changes">
  <section id="changes" aria-labelledby="h-changes"><h2 id="h-changes">Changes</h2>
  <div class="wide"><table>
    <thead><tr><th scope="col">State</th><th scope="col">Target</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Operation</th><th scope="col">Message</th><th scope="col">Started</th><th scope="col">Ended</th></tr></thead>
    <tbody><xsl:for-each select="change"><tr>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@state"/></xsl:call-template></td>
      <td><xsl:value-of select="@id"/></td><td><xsl:value-of select="@before"/></td><td><xsl:value-of select="@after"/></td>
      <td><xsl:value-of select="@operation"/></td><td><xsl:value-of select="@message"/></td><td><xsl:value-of select="@started"/></td><td><xsl:value-of select="@ended"/></td>
    </tr></xsl:for-each></tbody>
  </table></div>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(change)"/><xsl:with-param name="total" select="@total"/></xsl:call-template>
  </section>
</xsl:template>

<xsl:template match="gaps">
  <section id="gaps" aria-labelledby="h-gaps"><h2 id="h-gaps">Not seen</h2>
  <xsl:choose><xsl:when test="not(gap)"><p>Every call was answered.</p></xsl:when><xsl:otherwise>
  <div class="wide"><table>
    <thead><tr><th scope="col">Gap</th><th scope="col">Operation</th><th scope="col">Account</th><th scope="col">Region</th><th scope="col">Kind</th><th scope="col">Message</th></tr></thead>
    <tbody><xsl:for-each select="gap"><tr><td class="n"><xsl:value-of select="@id"/></td><td><xsl:value-of select="@operation"/></td><td><xsl:value-of select="@account"/></td><td><xsl:value-of select="@region"/></td><td><xsl:value-of select="@class"/></td><td><xsl:value-of select="@message"/></td></tr></xsl:for-each></tbody>
  </table></div></xsl:otherwise></xsl:choose>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(gap)"/><xsl:with-param name="total" select="@total"/></xsl:call-template>
  <xsl:if test="../coverage/place"><div class="wide"><table>
    <caption>Account-Regions that were not fully read</caption>
    <thead><tr><th scope="col">Account</th><th scope="col">Name</th><th scope="col">OU</th><th scope="col">Region</th><th scope="col">State</th></tr></thead>
    <tbody><xsl:for-each select="../coverage/place"><tr><td><xsl:value-of select="@account"/></td><td><xsl:value-of select="@name"/></td><td><xsl:value-of select="@ou_path"/></td><td><xsl:value-of select="@region"/></td><td><xsl:call-template name="tag"><xsl:with-param name="word" select="@state"/></xsl:call-template></td></tr></xsl:for-each></tbody>
  </table></div>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(../coverage/place)"/><xsl:with-param name="total" select="../coverage/@total"/></xsl:call-template></xsl:if>
  </section>
</xsl:template>

<xsl:template match="run">
  <section id="run" aria-labelledby="h-run"><h2 id="h-run">Run</h2>
  <dl><xsl:for-each select="@*"><dt><xsl:value-of select="translate(name(), '_', ' ')"/></dt><dd><xsl:value-of select="."/></dd></xsl:for-each></dl>
  </section>
</xsl:template>
</xsl:stylesheet>

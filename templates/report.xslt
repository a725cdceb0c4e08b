<?xml version="1.0" encoding="UTF-8"?>
<!-- The HTML report. Applied to <report> for the page, then to <findings> for every few hundred rows,
     which take the place of the comment "findings", then to <facts> for the comment "facts". The
     parameters are the text of report.css and report.js. A copy of any of the three in another folder,
     named by TOWERKEEP_TEMPLATES, replaces this one (docs/templates.md). -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="html" encoding="UTF-8" indent="no"/>
<xsl:param name="style"/>
<xsl:param name="script"/>

<xsl:variable name="many">#,##0</xsl:variable>

<!-- A word with the color of its meaning. The word itself is always shown. -->
<xsl:template name="tone">
  <xsl:param name="word"/>
  <xsl:choose>
    <xsl:when test="contains('|PASS|FIXED|COMPLIANT|SUCCEEDED|Enabled|IN_SYNC|yes|done|already true|ON|ACTIVE|RESOLVED|', concat('|', $word, '|'))">pass</xsl:when>
    <xsl:when test="contains('|FAIL|NON-COMPLIANT|FAILED|missing|no key configured|DRIFTED|Disabled|PendingDeletion|no|failed|NOT REACHED|critical|high|OFF|EXPIRED|NEW|REGRESSED|WAIVER EXPIRED|', concat('|', $word, '|'))">fail</xsl:when>
    <xsl:when test="contains('|ERROR|INCOMPLETE|MANUAL|PARTIAL|UNDER_CHANGE|medium|not attempted|unknown|EXPIRING|CHANGED|', concat('|', $word, '|'))">warn</xsl:when>
    <xsl:otherwise>none</xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="tag">
  <xsl:param name="word"/>
  <xsl:if test="$word != ''"><span><xsl:attribute name="class">tag <xsl:call-template name="tone"><xsl:with-param name="word" select="$word"/></xsl:call-template></xsl:attribute><xsl:value-of select="$word"/></span></xsl:if>
</xsl:template>

<!-- Severity gets a color only if the finding is FAIL or ERROR. -->
<xsl:template name="severity">
  <xsl:choose>
    <xsl:when test="@status = 'FAIL' or @status = 'ERROR' or (not(@status) and @FAIL + @ERROR &gt; 0)"><xsl:call-template name="tag"><xsl:with-param name="word" select="@severity"/></xsl:call-template></xsl:when>
    <xsl:otherwise><xsl:value-of select="@severity"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="line">
  <xsl:param name="name"/>
  <xsl:param name="value"/>
  <xsl:if test="$value != ''"><dt><xsl:value-of select="$name"/></dt><dd><xsl:value-of select="$value"/></dd></xsl:if>
</xsl:template>

<xsl:template name="plural">
  <xsl:param name="count"/>
  <xsl:param name="one"/>
  <xsl:param name="more" select="concat($one, 's')"/>
  <xsl:value-of select="format-number($count, $many)"/><xsl:text> </xsl:text>
  <xsl:choose><xsl:when test="$count = 1"><xsl:value-of select="$one"/></xsl:when><xsl:otherwise><xsl:value-of select="$more"/></xsl:otherwise></xsl:choose>
</xsl:template>

<xsl:template name="more-than-listed">
  <xsl:param name="listed"/>
  <xsl:param name="total"/>
  <xsl:if test="$total &gt; $listed">
    <p class="notice"><xsl:value-of select="format-number($listed, $many)"/> of <xsl:value-of select="format-number($total, $many)"/> are listed here. The workbook and the JSON report contain all of them.</p>
  </xsl:if>
</xsl:template>

<xsl:template match="/report">
<html lang="en">
<head>
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
  <meta name="viewport" content="width=device-width, initial-scale=1"/>
  <title><xsl:value-of select="summary/@verdict"/><xsl:if test="summary/@selection != ''">, selection: <xsl:value-of select="summary/@selection"/></xsl:if> – backup architecture audit of <xsl:value-of select="run/@organization_id"/></title>
  <style><xsl:value-of select="$style" disable-output-escaping="yes"/></style>
  <script>document.documentElement.className = "js busy";</script>
</head>
<body>
<a class="skip" href="#summary">Skip to the summary</a>
<header>
  <h1>Backup architecture audit</h1>
  <xsl:apply-templates select="summary" mode="verdict"/>
  <dl class="about">
    <xsl:call-template name="line"><xsl:with-param name="name">Organization</xsl:with-param><xsl:with-param name="value" select="run/@organization_id"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Management account</xsl:with-param><xsl:with-param name="value" select="run/@management_account"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Home Region</xsl:with-param><xsl:with-param name="value" select="run/@home_region"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Governed Regions</xsl:with-param><xsl:with-param name="value" select="run/@governed_regions"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Read</xsl:with-param><xsl:with-param name="value" select="concat(run/@started, ' to ', run/@ended)"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Run</xsl:with-param><xsl:with-param name="value" select="run/@run_id"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">AWS support as of</xsl:with-param><xsl:with-param name="value" select="run/@support_as_of"/></xsl:call-template>
  </dl>
</header>
<nav aria-label="Sections"><div>
  <xsl:call-template name="tag"><xsl:with-param name="word" select="summary/@verdict"/></xsl:call-template>
  <ul>
    <li><a href="#summary">Summary</a></li>
    <xsl:if test="summary/@verdict = 'INCOMPLETE'"><li><a href="#gaps">Collection errors</a></li></xsl:if>
    <xsl:if test="since"><li><a href="#since">Since the last run</a></li></xsl:if>
    <xsl:if test="changes/change"><li><a href="#changes">Changes made</a></li></xsl:if>
    <li><a href="#checks">Checks</a></li><li><a href="#tree">OUs</a></li>
    <li><a href="#keys">Keys</a></li><li><a href="#opt-in">Opt-in</a></li><li><a href="#findings">Findings</a></li>
    <xsl:if test="waivers/waiver"><li><a href="#waivers">Waivers</a></li></xsl:if>
    <xsl:if test="frameworks/framework"><li><a href="#frameworks">Frameworks</a></li></xsl:if>
    <li><a href="#evidence">Evidence</a></li><li><a href="#run">Run</a></li>
  </ul></div></nav>
<main>
  <xsl:apply-templates select="summary"/>
  <xsl:if test="summary/@verdict = 'INCOMPLETE'"><xsl:apply-templates select="gaps"/></xsl:if>
  <xsl:apply-templates select="since"/>
  <xsl:apply-templates select="changes[change]"/>
  <xsl:apply-templates select="checks"/>
  <xsl:apply-templates select="tree"/>
  <xsl:apply-templates select="keys"/>
  <xsl:apply-templates select="opt_in"/>
  <xsl:call-template name="findings-table"/>
  <xsl:apply-templates select="waivers[waiver]"/>
  <xsl:apply-templates select="frameworks[framework]"/>
  <xsl:if test="summary/@verdict != 'INCOMPLETE'"><xsl:apply-templates select="gaps"/></xsl:if>
  <xsl:call-template name="evidence"/>
  <xsl:apply-templates select="run"/>
</main>
<footer><p>towerkeep <xsl:value-of select="run/@version"/>, run <xsl:value-of select="run/@run_id"/>. This page is a single file and uses no network.</p></footer>
<script><xsl:value-of select="$script" disable-output-escaping="yes"/></script>
</body>
</html>
</xsl:template>

<xsl:template name="failing">
  <xsl:for-each select="severity[@failing &gt; 0]"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="format-number(@failing, $many)"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></xsl:for-each>
</xsl:template>

<xsl:template match="summary" mode="verdict">
  <div><xsl:attribute name="class">verdict <xsl:call-template name="tone"><xsl:with-param name="word" select="@verdict"/></xsl:call-template></xsl:attribute>
  <strong><xsl:value-of select="@verdict"/><xsl:if test="@selection != ''">, selection: <xsl:value-of select="@selection"/></xsl:if></strong>
  <xsl:choose>
    <xsl:when test="@verdict = 'INCOMPLETE'">
      <p><xsl:value-of select="format-number(@reached, $many)"/> of <xsl:value-of select="format-number(@expected, $many)"/> account-Regions were read completely. <xsl:call-template name="plural"><xsl:with-param name="count" select="@gaps"/><xsl:with-param name="one">collection error</xsl:with-param></xsl:call-template> left <xsl:call-template name="plural"><xsl:with-param name="count" select="@ERROR"/><xsl:with-param name="one">finding that could not be evaluated</xsl:with-param><xsl:with-param name="more">findings that could not be evaluated</xsl:with-param></xsl:call-template> (ERROR): see <a href="#gaps">collection errors</a>.</p>
      <xsl:if test="@FAIL &gt; 0"><p>Of the evaluated findings, <xsl:call-template name="plural"><xsl:with-param name="count" select="@FAIL"/><xsl:with-param name="one">finding fails</xsl:with-param><xsl:with-param name="more">findings fail</xsl:with-param></xsl:call-template>: <xsl:call-template name="failing"/>.</p></xsl:if>
    </xsl:when>
    <xsl:when test="@verdict = 'NON-COMPLIANT'"><p><xsl:choose><xsl:when test="@selection != ''">Everything in the selection was read; what was not selected was not audited.</xsl:when><xsl:otherwise>All account-Regions were read.</xsl:otherwise></xsl:choose><xsl:text> </xsl:text><xsl:call-template name="plural"><xsl:with-param name="count" select="@FAIL"/><xsl:with-param name="one">finding fails</xsl:with-param><xsl:with-param name="more">findings fail</xsl:with-param></xsl:call-template>: <xsl:call-template name="failing"/>.</p></xsl:when>
    <xsl:when test="@selection != ''"><p>Everything in the selection was read, and none of its findings fails. What was not selected was not audited.</p></xsl:when>
    <xsl:otherwise><p>All account-Regions were read, and no finding fails.</p></xsl:otherwise>
  </xsl:choose></div>
</xsl:template>

<xsl:template match="summary">
  <section id="summary" aria-labelledby="h-summary">
  <h2 id="h-summary">Summary</h2>
  <div class="tiles">
    <div class="tile"><h3>Failing</h3><p class="big"><xsl:value-of select="format-number(@FAIL, $many)"/></p><p><xsl:choose><xsl:when test="@FAIL &gt; 0"><xsl:call-template name="failing"/></xsl:when><xsl:otherwise>nothing fails<xsl:if test="@selection != ''"> in the selection</xsl:if></xsl:otherwise></xsl:choose></p></div>
    <div class="tile"><h3>Pass rate</h3><xsl:choose>
      <xsl:when test="@judged &gt; 0"><p class="big"><xsl:value-of select="format-number(floor(1000 * @passed div @judged) div 10, '0.0')"/> %</p><p><xsl:value-of select="format-number(@passed, $many)"/> of <xsl:value-of select="format-number(@judged, $many)"/> are PASS or FAIL</p></xsl:when>
      <xsl:otherwise><p class="big">–</p><p>no finding was evaluated</p></xsl:otherwise></xsl:choose></div>
    <div class="tile"><h3>Coverage</h3><p class="big"><xsl:call-template name="share"/></p><p><xsl:value-of select="format-number(@reached, $many)"/> of <xsl:value-of select="format-number(@expected, $many)"/> account-Regions read completely, <xsl:call-template name="plural"><xsl:with-param name="count" select="@gaps"/><xsl:with-param name="one">collection error</xsl:with-param></xsl:call-template></p></div>
    <div class="tile"><h3>Not evaluated</h3><p class="big"><xsl:value-of select="format-number(@ERROR + @MANUAL, $many)"/></p><p><xsl:value-of select="format-number(@ERROR, $many)"/> could not be read, <xsl:value-of select="format-number(@MANUAL, $many)"/> need manual review</p></div>
    <div class="tile"><h3>Waived and fixed</h3><p class="big"><xsl:value-of select="format-number(@MUTED + @FIXED, $many)"/></p><p><xsl:value-of select="format-number(@MUTED, $many)"/> failing but waived, <xsl:value-of select="format-number(@FIXED, $many)"/> fixed in this run</p></div>
  </div>
  <xsl:call-template name="charts"/>
  <xsl:call-template name="attention"/>
  <h3>Findings by step and status</h3>
  <div class="wide"><table>
    <thead><tr><th scope="col">Step</th><xsl:call-template name="status-heads"/></tr></thead>
    <tbody>
      <xsl:for-each select="step"><tr><th scope="row"><xsl:value-of select="@number"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></th><xsl:call-template name="numbers"/></tr></xsl:for-each>
      <tr id="all-steps" class="sum"><th scope="row">All steps</th><xsl:call-template name="numbers"/></tr>
    </tbody>
  </table></div>
  <p class="quiet">The pass rate is PASS ÷ (PASS + FAIL). It does not include ERROR (could not be read), MANUAL (needs manual review), MUTED (waived), FIXED and NOT_APPLICABLE.</p>
  </section>
</xsl:template>

<!-- Rounded down: 100 % only when it is all. -->
<xsl:template name="share"><xsl:choose><xsl:when test="@expected &gt; 0"><xsl:value-of select="format-number(floor(1000 * @reached div @expected) div 10, '0.#')"/> %</xsl:when><xsl:otherwise>–</xsl:otherwise></xsl:choose></xsl:template>

<xsl:template name="bar">
  <xsl:param name="x"/><xsl:param name="y"/><xsl:param name="scale"/><xsl:param name="rest">FAIL ERROR MANUAL MUTED FIXED PASS </xsl:param>
  <xsl:variable name="name" select="substring-before($rest, ' ')"/>
  <xsl:variable name="count" select="@*[name() = $name]"/>
  <xsl:if test="$name != ''">
    <xsl:if test="$count &gt; 0"><rect class="b-{$name}" x="{format-number($x, '0.##')}" y="{$y}" height="18" width="{format-number($count * $scale, '0.##')}"><title><xsl:value-of select="concat(@name, ': ', $count, ' ', $name)"/></title></rect></xsl:if>
    <xsl:call-template name="bar"><xsl:with-param name="x" select="$x + $count * $scale"/><xsl:with-param name="y" select="$y"/><xsl:with-param name="scale" select="$scale"/><xsl:with-param name="rest" select="substring-after($rest, ' ')"/></xsl:call-template>
  </xsl:if>
</xsl:template>

<xsl:template name="legend">
  <xsl:param name="rest">FAIL ERROR MANUAL MUTED FIXED PASS </xsl:param>
  <xsl:variable name="name" select="substring-before($rest, ' ')"/>
  <xsl:if test="$name != ''">
    <li><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><rect class="b-{$name}" width="12" height="12" rx="2"/></svg><xsl:value-of select="$name"/></li>
    <xsl:call-template name="legend"><xsl:with-param name="rest" select="substring-after($rest, ' ')"/></xsl:call-template>
  </xsl:if>
</xsl:template>

<xsl:template name="charts">
  <div class="charts">
    <figure>
      <figcaption>Findings by step and status, without NOT_APPLICABLE</figcaption>
      <svg role="img" aria-labelledby="t-steps d-steps" width="760" height="196" viewBox="0 0 760 196">
        <title id="t-steps">Findings by step and status</title>
        <desc id="d-steps"><xsl:for-each select="step"><xsl:value-of select="concat(@name, ': ', @FAIL, ' fail of ', @total - @NOT_APPLICABLE, '. ')"/></xsl:for-each></desc>
        <xsl:for-each select="step">
          <xsl:variable name="y" select="28 * (position() - 1) + 2"/>
          <xsl:variable name="applies" select="@total - @NOT_APPLICABLE"/>
          <text x="0" y="{$y + 14}"><xsl:value-of select="@number"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></text>
          <rect class="b-none" x="190" y="{$y}" width="400" height="18"/>
          <xsl:if test="$applies &gt; 0"><xsl:call-template name="bar"><xsl:with-param name="x" select="190"/><xsl:with-param name="y" select="$y"/><xsl:with-param name="scale" select="400 div $applies"/></xsl:call-template></xsl:if>
          <text class="soft" x="600" y="{$y + 14}"><xsl:choose><xsl:when test="@FAIL &gt; 0"><xsl:value-of select="format-number(@FAIL, $many)"/> of <xsl:value-of select="format-number($applies, $many)"/> fail</xsl:when><xsl:when test="@ERROR &gt; 0"><xsl:value-of select="format-number(@ERROR, $many)"/> of <xsl:value-of select="format-number($applies, $many)"/> not read</xsl:when><xsl:when test="$applies = 0">none applies</xsl:when><xsl:otherwise><xsl:value-of select="format-number($applies, $many)"/></xsl:otherwise></xsl:choose></text>
        </xsl:for-each>
      </svg>
      <ul class="legend"><xsl:call-template name="legend"/></ul>
    </figure>
    <figure>
      <figcaption>Coverage</figcaption>
      <xsl:variable name="share"><xsl:choose><xsl:when test="@expected &gt; 0"><xsl:value-of select="100 * @reached div @expected"/></xsl:when><xsl:otherwise>0</xsl:otherwise></xsl:choose></xsl:variable>
      <svg role="img" aria-labelledby="t-coverage" width="196" height="196" viewBox="0 0 196 196">
        <title id="t-coverage"><xsl:value-of select="concat(@reached, ' of ', @expected, ' account-Regions read completely')"/></title>
        <circle class="ring" cx="98" cy="98" r="80"/>
        <circle cx="98" cy="98" r="80" pathLength="100" transform="rotate(-90 98 98)" stroke-dasharray="{format-number($share, '0.##')} 100"><xsl:attribute name="class"><xsl:choose><xsl:when test="@verdict = 'INCOMPLETE'">arc part</xsl:when><xsl:otherwise>arc</xsl:otherwise></xsl:choose></xsl:attribute></circle>
        <text class="mid huge" x="98" y="100"><xsl:call-template name="share"/></text>
        <text class="mid soft" x="98" y="122">read completely</text>
      </svg>
    </figure>
    <xsl:apply-templates select="../trend[count(run) &gt; 1]"/>
  </div>
</xsl:template>

<!-- Runs from left to right; the highest count is at the top. -->
<xsl:template match="trend">
  <xsl:variable name="top"><xsl:for-each select="run/@FAIL | run/@ERROR"><xsl:sort select="." data-type="number" order="descending"/><xsl:if test="position() = 1"><xsl:value-of select="."/></xsl:if></xsl:for-each></xsl:variable>
  <xsl:variable name="high" select="number(translate($top, ' ', '')) + (number($top) = 0)"/>
  <xsl:variable name="wide" select="440 div (count(run) - 1)"/>
  <figure>
    <figcaption>FAIL and ERROR over the last <xsl:value-of select="count(run)"/> runs</figcaption>
    <svg role="img" aria-labelledby="t-trend d-trend" width="520" height="196" viewBox="0 0 520 196">
      <title id="t-trend">FAIL and ERROR findings of the last runs</title>
      <desc id="d-trend"><xsl:for-each select="run"><xsl:value-of select="concat(@ended, ': ', @FAIL, ' fail, ', @ERROR, ' error. ')"/></xsl:for-each></desc>
      <line class="axis" x1="50" x2="490" y1="160" y2="160"/><line class="axis" x1="50" x2="490" y1="15" y2="15"/>
      <text class="end soft" x="42" y="164">0</text><text class="end soft" x="42" y="19"><xsl:value-of select="format-number($high, $many)"/></text>
      <text class="soft" x="50" y="184"><xsl:value-of select="substring(run[1]/@ended, 1, 10)"/></text><text class="end soft" x="490" y="184"><xsl:value-of select="substring(run[last()]/@ended, 1, 10)"/></text>
      <polyline class="l-ERROR"><xsl:attribute name="points"><xsl:for-each select="run"><xsl:value-of select="concat(format-number(50 + (position() - 1) * $wide, '0.#'), ',', format-number(160 - 145 * @ERROR div $high, '0.#'), ' ')"/></xsl:for-each></xsl:attribute></polyline>
      <polyline class="l-FAIL"><xsl:attribute name="points"><xsl:for-each select="run"><xsl:value-of select="concat(format-number(50 + (position() - 1) * $wide, '0.#'), ',', format-number(160 - 145 * @FAIL div $high, '0.#'), ' ')"/></xsl:for-each></xsl:attribute></polyline>
      <xsl:for-each select="run"><circle class="b-FAIL" r="4" cx="{format-number(50 + (position() - 1) * $wide, '0.#')}" cy="{format-number(160 - 145 * @FAIL div $high, '0.#')}"><title><xsl:value-of select="concat(@ended, ': ', @FAIL, ' fail, ', @ERROR, ' error, ', @verdict)"/></title></circle></xsl:for-each>
    </svg>
    <ul class="legend"><xsl:call-template name="legend"><xsl:with-param name="rest">FAIL ERROR </xsl:with-param></xsl:call-template></ul>
  </figure>
</xsl:template>

<xsl:template name="attention">
  <xsl:variable name="failing" select="../checks/check[@FAIL &gt; 0]"/>
  <xsl:if test="$failing">
    <h3>Most important failures</h3>
    <div class="wide"><table>
      <thead><tr><th scope="col">Severity</th><th scope="col">Check</th><th scope="col" class="n">Failing</th><th scope="col" class="n">Evaluated</th><th scope="col">Why it matters</th></tr></thead>
      <tbody><xsl:for-each select="$failing">
        <xsl:sort select="string-length(substring-before('critical high medium low informational', @severity))" data-type="number"/>
        <xsl:sort select="@FAIL" data-type="number" order="descending"/>
        <xsl:if test="position() &lt;= 10"><tr>
          <td><xsl:call-template name="severity"/></td>
          <td><strong><xsl:value-of select="@id"/></strong><xsl:text> </xsl:text><xsl:value-of select="@title"/></td>
          <td class="n"><xsl:call-template name="count-link"><xsl:with-param name="status">FAIL</xsl:with-param></xsl:call-template></td>
          <td class="n"><xsl:value-of select="format-number(@FAIL + @PASS, $many)"/></td>
          <td><xsl:value-of select="@why"/></td>
        </tr></xsl:if>
      </xsl:for-each></tbody>
    </table></div>
    <xsl:if test="count($failing) &gt; 10"><p class="quiet">The first 10 of <xsl:value-of select="count($failing)"/> failing checks, sorted by severity and number of failures. See <a href="#checks">all checks</a>.</p></xsl:if>
  </xsl:if>
</xsl:template>

<xsl:template name="status-heads"><th scope="col" class="n">FAIL</th><th scope="col" class="n">ERROR</th><th scope="col" class="n">MANUAL</th><th scope="col" class="n">MUTED</th><th scope="col" class="n">FIXED</th><th scope="col" class="n">PASS</th><th scope="col" class="n">NOT_APPLICABLE</th><th scope="col" class="n">All</th></xsl:template>

<xsl:template name="numbers">
  <xsl:param name="linked" select="false()"/>
  <xsl:for-each select="@FAIL | @ERROR | @MANUAL | @MUTED | @FIXED | @PASS | @NOT_APPLICABLE">
    <xsl:sort select="string-length(substring-before('|FAIL|ERROR|MANUAL|MUTED|FIXED|PASS|NOT_APPLICABLE|', name()))" data-type="number"/>
    <td><xsl:attribute name="class">n<xsl:if test=". = 0"> z</xsl:if><xsl:if test=". &gt; 0 and name() = 'FAIL'"> fail</xsl:if><xsl:if test=". &gt; 0 and name() = 'ERROR'"> warn</xsl:if></xsl:attribute>
    <xsl:choose><xsl:when test="$linked and . &gt; 0"><xsl:variable name="status" select="name()"/><xsl:for-each select=".."><xsl:call-template name="count-link"><xsl:with-param name="status" select="$status"/></xsl:call-template></xsl:for-each></xsl:when>
    <xsl:otherwise><xsl:value-of select="format-number(., $many)"/></xsl:otherwise></xsl:choose></td>
  </xsl:for-each>
  <td class="n"><xsl:value-of select="format-number(@total, $many)"/></td>
</xsl:template>

<!-- A count that links to the findings of the check. -->
<xsl:template name="count-link">
  <xsl:param name="status"/>
  <a href="#findings" data-want="" data-check="{@id}" data-status="{$status}"><xsl:value-of select="format-number(@*[name() = $status], $many)"/></a>
</xsl:template>

<xsl:template match="since">
  <section id="since" aria-labelledby="h-since"><h2 id="h-since">Since the last run</h2>
  <p>Compared with run <xsl:value-of select="@run_id"/>, which ended <xsl:value-of select="@ended"/>: <xsl:for-each select="count[@findings &gt; 0]"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="format-number(@findings, $many)"/><xsl:text> </xsl:text><xsl:value-of select="translate(@change, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"/></xsl:for-each>.</p>
  <xsl:if test="difference"><div class="wide"><table>
    <thead><tr><th scope="col">Change</th><th scope="col">Severity</th><th scope="col">Check</th><th scope="col">Account</th><th scope="col">Region</th><th scope="col">Resource</th><th scope="col">Before</th><th scope="col">Now</th></tr></thead>
    <tbody><xsl:for-each select="difference"><tr>
      <td class="nb"><xsl:call-template name="tag"><xsl:with-param name="word" select="@change"/></xsl:call-template></td>
      <td><xsl:call-template name="severity"/></td>
      <td><strong><xsl:value-of select="@check"/></strong><xsl:text> </xsl:text><xsl:value-of select="@title"/></td>
      <td><xsl:value-of select="@account_name"/><xsl:text> </xsl:text><span class="nb"><xsl:value-of select="@account"/></span></td>
      <td class="nb"><xsl:value-of select="@region"/></td><td><xsl:value-of select="@resource"/></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@status_before"/></xsl:call-template><xsl:text> </xsl:text><xsl:value-of select="@observed_before"/></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@status"/></xsl:call-template><xsl:text> </xsl:text><xsl:value-of select="@observed"/></td>
    </tr></xsl:for-each></tbody>
  </table></div></xsl:if>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(difference)"/><xsl:with-param name="total" select="@total"/></xsl:call-template>
  </section>
</xsl:template>

<xsl:template match="changes">
  <section id="changes" aria-labelledby="h-changes"><h2 id="h-changes">Changes made</h2>
  <div class="wide"><table>
    <thead><tr><th scope="col">State</th><th scope="col">Step</th><th scope="col">Where</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Call</th><th scope="col">Time (UTC)</th></tr></thead>
    <tbody><xsl:for-each select="change"><tr>
      <td class="nb"><xsl:call-template name="tag"><xsl:with-param name="word" select="@state"/></xsl:call-template></td>
      <td><xsl:value-of select="@title"/><xsl:if test="@message"><br/><small><xsl:value-of select="@message"/></small></xsl:if></td>
      <td><span class="nb"><xsl:value-of select="@account"/></span><xsl:text> </xsl:text><span class="nb"><xsl:value-of select="@region"/></span></td>
      <td><xsl:value-of select="@before"/></td><td><xsl:value-of select="@after"/></td>
      <td><xsl:value-of select="@operation"/><xsl:if test="@request_id"><br/><small>request <xsl:value-of select="@request_id"/></small></xsl:if></td>
      <td><xsl:value-of select="@started"/><xsl:if test="@ended"><br/><xsl:value-of select="@ended"/></xsl:if></td>
    </tr></xsl:for-each></tbody>
  </table></div>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(change)"/><xsl:with-param name="total" select="@total"/></xsl:call-template>
  </section>
</xsl:template>

<xsl:template match="checks">
  <section id="checks" aria-labelledby="h-checks"><h2 id="h-checks">Checks</h2>
  <p class="quiet hint">Each number links to its findings.</p>
  <div class="wide flat"><table>
    <thead><tr><th scope="col">Check</th><th scope="col">Severity</th><th scope="col" class="n">Step</th><xsl:call-template name="status-heads"/></tr></thead>
    <tbody><xsl:for-each select="check"><tr>
      <td><strong><xsl:value-of select="@id"/></strong><xsl:text> </xsl:text><xsl:value-of select="@title"/>
        <xsl:if test="@why != '' or @how != ''"><details><summary>Why and how</summary><dl>
          <xsl:call-template name="line"><xsl:with-param name="name">Why</xsl:with-param><xsl:with-param name="value" select="@why"/></xsl:call-template>
          <xsl:call-template name="line"><xsl:with-param name="name">How to check</xsl:with-param><xsl:with-param name="value" select="@how"/></xsl:call-template>
        </dl></details></xsl:if></td>
      <td><xsl:call-template name="severity"/></td>
      <td class="n"><xsl:value-of select="@step"/></td><xsl:call-template name="numbers"><xsl:with-param name="linked" select="true()"/></xsl:call-template>
    </tr></xsl:for-each></tbody>
  </table></div></section>
</xsl:template>

<xsl:template match="tree">
  <section id="tree" aria-labelledby="h-tree"><h2 id="h-tree">Organizational units and their baselines</h2>
  <div class="wide flat"><table>
    <thead><tr><th scope="col">Organizational unit</th><th scope="col">Backup required</th><th scope="col">BackupBaseline</th><th scope="col">Version</th><th scope="col">Drift</th><th scope="col">AWSControlTowerBaseline</th><th scope="col" class="n">Accounts</th><th scope="col" class="n">Not covered</th></tr></thead>
    <tbody><xsl:for-each select="ou"><tr>
      <th scope="row" class="d{@depth - 1}"><xsl:value-of select="@name"/><xsl:text> </xsl:text><small><xsl:value-of select="@id"/></small></th>
      <td><xsl:value-of select="@wanted"/></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@backup"/></xsl:call-template></td>
      <td><xsl:value-of select="@backup_version"/></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@drift"/></xsl:call-template></td>
      <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@control_tower"/></xsl:call-template></td>
      <td class="n"><xsl:value-of select="@accounts"/></td>
      <td><xsl:attribute name="class">n<xsl:choose><xsl:when test="@uncovered &gt; 0"> fail</xsl:when><xsl:otherwise> z</xsl:otherwise></xsl:choose></xsl:attribute><xsl:value-of select="@uncovered"/></td>
    </tr></xsl:for-each></tbody>
  </table></div>
  <xsl:if test="not(ou)"><p>The organization tree could not be read, or it has no OU.</p></xsl:if></section>
</xsl:template>

<!-- color of a yes or no value -->
<xsl:template name="heat">
  <xsl:param name="value"/>
  <xsl:param name="good">yes</xsl:param>
  <td><xsl:attribute name="class">heat <xsl:choose>
    <xsl:when test="not($value)">none</xsl:when><xsl:when test="$value = $good">pass</xsl:when><xsl:otherwise>fail</xsl:otherwise></xsl:choose></xsl:attribute>
  <xsl:choose><xsl:when test="$value"><xsl:value-of select="$value"/></xsl:when><xsl:otherwise>–</xsl:otherwise></xsl:choose></td>
</xsl:template>

<xsl:template match="keys">
  <section id="keys" aria-labelledby="h-keys"><h2 id="h-keys">The backup key in each governed Region</h2>
  <div class="wide"><table class="grid">
    <caption>– means not read or not applicable</caption>
    <thead><tr><th scope="col">Region</th><th scope="col">Role</th><th scope="col">State</th><th scope="col">Multi-Region</th><th scope="col">Same policy as primary key</th><th scope="col">Open to everyone</th><th scope="col">Rotation</th><th scope="col">Missing actions</th><th scope="col">Key</th></tr></thead>
    <tbody><xsl:for-each select="key"><tr>
      <th scope="row" class="nb"><xsl:value-of select="@region"/><xsl:if test="@home = 'yes'"> (home)</xsl:if></th>
      <td class="nb"><xsl:value-of select="@type"/></td>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@state"/><xsl:with-param name="good">Enabled</xsl:with-param></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@multi_region"/></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@policy_equal"/></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@open"/><xsl:with-param name="good">no</xsl:with-param></xsl:call-template>
      <xsl:call-template name="heat"><xsl:with-param name="value" select="@rotation"/></xsl:call-template>
      <td class="lacks"><xsl:value-of select="@missing_actions"/></td><td class="mono arn"><xsl:value-of select="@arn"/></td>
    </tr></xsl:for-each></tbody>
  </table></div></section>
</xsl:template>

<xsl:template match="opt_in">
  <section id="opt-in" aria-labelledby="h-opt-in"><h2 id="h-opt-in">Service opt-in in each governed Region</h2>
  <xsl:choose><xsl:when test="type"><div class="wide"><table class="grid">
    <caption>Accounts that opt in to the resource type, of the accounts that should opt in or whose opt-in applies; types marked * are required</caption>
    <thead><tr><th scope="col">Region</th><th scope="col" class="n">Accounts</th><xsl:for-each select="type"><th scope="col" class="up"><span><xsl:value-of select="@name"/><xsl:if test="@required = 'yes'"> *</xsl:if></span></th></xsl:for-each></tr></thead>
    <tbody><xsl:for-each select="region"><xsl:variable name="here" select="cell"/><tr>
      <th scope="row" class="nb"><xsl:value-of select="@name"/></th><td class="n"><xsl:value-of select="format-number(@places, $many)"/></td>
      <xsl:for-each select="cell"><td><xsl:attribute name="class">heat <xsl:choose>
        <xsl:when test="@on + @off = 0">none</xsl:when><xsl:when test="@off = 0">pass</xsl:when>
        <xsl:when test="@required = 'no'">none</xsl:when><xsl:when test="@on = 0">fail</xsl:when><xsl:otherwise>warn</xsl:otherwise></xsl:choose></xsl:attribute>
        <xsl:choose><xsl:when test="@on + @off = 0">n/a</xsl:when><xsl:when test="@off = 0">ON</xsl:when><xsl:when test="@on = 0">OFF</xsl:when><xsl:otherwise><xsl:value-of select="@on"/> of <xsl:value-of select="@on + @off"/></xsl:otherwise></xsl:choose></td></xsl:for-each>
    </tr></xsl:for-each></tbody>
  </table></div></xsl:when><xsl:otherwise><p>No settings could be read, or no account needs them.</p></xsl:otherwise></xsl:choose>
  <xsl:if test="off"><h3>Where a required type is OFF</h3><div class="wide"><table>
    <thead><tr><th scope="col">Account</th><th scope="col">Name</th><th scope="col">Region</th><th scope="col">OFF</th></tr></thead>
    <tbody><xsl:for-each select="off"><tr><td class="nb"><xsl:value-of select="@account"/></td><td><xsl:value-of select="@name"/></td><td class="nb"><xsl:value-of select="@region"/></td><td><xsl:value-of select="@types"/></td></tr></xsl:for-each></tbody>
  </table></div>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(off)"/><xsl:with-param name="total" select="@places_off"/></xsl:call-template></xsl:if>
  </section>
</xsl:template>

<xsl:template name="findings-table">
  <section id="findings" aria-labelledby="h-findings"><h2 id="h-findings">Findings</h2>
  <xsl:if test="summary/@total &gt; summary/@listed"><p class="notice">The first <xsl:value-of select="format-number(summary/@listed, $many)"/> of <xsl:value-of select="format-number(summary/@total, $many)"/> findings are listed here, failures first. All counts above include every finding; the workbook and the JSON report contain all of them.</p></xsl:if>
  <div class="tools">
    <div class="grow"><label for="search">Search (all words must match)</label><input id="search" type="search" autocomplete="off"/></div>
    <div><label for="status">Status</label><select id="status"><option value="">all</option><option>FAIL</option><option>ERROR</option><option>MANUAL</option><option>MUTED</option><option>FIXED</option><option>PASS</option><option>NOT_APPLICABLE</option></select></div>
    <div><label for="severity">Severity</label><select id="severity"><option value="">all</option><xsl:for-each select="summary/severity"><option><xsl:value-of select="@name"/></option></xsl:for-each></select></div>
    <div><label for="step">Step</label><select id="step"><option value="">all</option><xsl:for-each select="summary/step"><option value="{@number}"><xsl:value-of select="@number"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></option></xsl:for-each></select></div>
    <div><label for="check">Check</label><select id="check"><option value="">all</option><xsl:for-each select="checks/check"><option><xsl:value-of select="@id"/></option></xsl:for-each></select></div>
    <button type="button" id="clear">Clear</button>
    <button type="button" id="unfold" aria-pressed="false">Show all details</button>
    <p id="count" role="status"></p>
  </div>
  <div class="wide flat"><table id="findings-table">
    <thead><tr><th scope="col" class="w1"><button type="button">Status</button></th><th scope="col" class="w2"><button type="button">Severity</button></th><th scope="col"><button type="button">Check</button></th><th scope="col" class="w4"><button type="button">Account</button></th><th scope="col" class="w5"><button type="button">Region</button></th><th scope="col" class="w6"><button type="button">Resource</button></th></tr></thead>
    <xsl:comment>findings</xsl:comment>
  </table></div>
  <p id="more-line"><button type="button" id="more" class="away">Show more</button></p>
  <xsl:if test="summary/@total = 0"><p>No finding was evaluated.</p></xsl:if>
  </section>
</xsl:template>

<xsl:template match="/findings"><xsl:apply-templates select="finding"/></xsl:template>

<xsl:template match="finding">
<tbody data-status="{@status}" data-severity="{@severity}" data-step="{@step}" data-check="{@check}">
<tr><td class="tag-cell" data-rank="{string-length(substring-before('|FAIL|ERROR|MANUAL|MUTED|FIXED|PASS|NOT_APPLICABLE|', @status))}"><xsl:call-template name="tag"><xsl:with-param name="word" select="@status"/></xsl:call-template></td><td class="tag-cell" data-rank="{@severity_rank}"><xsl:call-template name="severity"/></td><td><b><xsl:value-of select="@check"/></b><xsl:text> </xsl:text><xsl:value-of select="@title"/></td><td><xsl:value-of select="@account_name"/><xsl:text> </xsl:text><span class="nb"><xsl:value-of select="@account"/></span></td><td><xsl:value-of select="@region"/></td><td><xsl:choose><xsl:when test="@resource_name"><xsl:value-of select="@resource_name"/></xsl:when><xsl:otherwise><xsl:value-of select="@resource"/></xsl:otherwise></xsl:choose></td></tr>
<tr class="more"><td colspan="6"><dl><dt>Expected</dt><dd><xsl:value-of select="@expected"/></dd><dt>Observed</dt><dd><xsl:value-of select="@observed"/></dd>
    <xsl:call-template name="line"><xsl:with-param name="name">Before the fix</xsl:with-param><xsl:with-param name="value" select="@observed_before"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Detail</xsl:with-param><xsl:with-param name="value" select="@detail"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Risk</xsl:with-param><xsl:with-param name="value" select="@risk"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Fix</xsl:with-param><xsl:with-param name="value" select="@remediation"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">Waiver</xsl:with-param><xsl:with-param name="value" select="@waiver"/></xsl:call-template>
    <xsl:call-template name="line"><xsl:with-param name="name">OU</xsl:with-param><xsl:with-param name="value" select="@ou_path"/></xsl:call-template>
    <xsl:if test="@resource_name"><xsl:call-template name="line"><xsl:with-param name="name">Resource</xsl:with-param><xsl:with-param name="value" select="@resource"/></xsl:call-template></xsl:if>
    <xsl:if test="@evidence"><dt>Evidence</dt><dd><xsl:choose><xsl:when test="fact"><xsl:for-each select="fact"><xsl:if test="position() &gt; 1">, </xsl:if><a href="#fact-{@id}">call <xsl:value-of select="@id"/></a></xsl:for-each><xsl:if test="string-length(translate(@evidence, '0123456789', '')) + 1 &gt; count(fact)"> and <xsl:value-of select="string-length(translate(@evidence, '0123456789', '')) + 1 - count(fact)"/> more</xsl:if></xsl:when><xsl:otherwise>calls <xsl:value-of select="@evidence"/></xsl:otherwise></xsl:choose></dd></xsl:if>
    <xsl:if test="@status != 'PASS' and @status != 'NOT_APPLICABLE'"><xsl:call-template name="line"><xsl:with-param name="name">Status since</xsl:with-param><xsl:with-param name="value" select="@status_since"/></xsl:call-template></xsl:if>
    <dt>Finding</dt><dd><xsl:value-of select="@id"/></dd></dl></td></tr></tbody><xsl:text>
</xsl:text></xsl:template>

<xsl:template match="waivers">
  <section id="waivers" aria-labelledby="h-waivers"><h2 id="h-waivers">Waivers</h2>
  <div class="wide"><table>
    <thead><tr><th scope="col">State</th><th scope="col">Covers</th><th scope="col">Owner</th><th scope="col">Why</th><th scope="col">Ticket</th><th scope="col">Approved by</th><th scope="col">Created</th><th scope="col">Expires</th><th scope="col" class="n">Days left</th><th scope="col" class="n">Findings</th></tr></thead>
    <tbody><xsl:for-each select="waiver"><tr>
      <td class="nb"><xsl:call-template name="tag"><xsl:with-param name="word" select="@state"/></xsl:call-template><xsl:if test="@problem"><br/><small><xsl:value-of select="@problem"/></small></xsl:if></td>
      <td><xsl:value-of select="@name"/></td><td><xsl:value-of select="@owner"/></td>
      <td><xsl:value-of select="@justification"/><xsl:if test="@description and @description != @justification"><xsl:text> </xsl:text><small><xsl:value-of select="@description"/></small></xsl:if></td>
      <td><xsl:value-of select="@ticket"/></td><td><xsl:value-of select="@approved_by"/></td>
      <td class="nb"><xsl:value-of select="@created"/></td><td class="nb"><xsl:value-of select="@expires"/></td>
      <td class="n"><xsl:value-of select="@days_left"/></td><td class="n"><xsl:value-of select="@matched"/></td>
    </tr></xsl:for-each></tbody>
  </table></div>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(waiver)"/><xsl:with-param name="total" select="@total"/></xsl:call-template>
  </section>
</xsl:template>

<xsl:template match="frameworks">
  <section id="frameworks" aria-labelledby="h-frameworks"><h2 id="h-frameworks">Frameworks</h2>
  <p class="quiet">NOT_EVIDENCED: no check of this run gives evidence for the requirement. It does not count as PASS.</p>
  <xsl:for-each select="framework">
    <h3><xsl:value-of select="@title"/></h3>
    <p><xsl:call-template name="plural"><xsl:with-param name="count" select="count(requirement)"/><xsl:with-param name="one">requirement</xsl:with-param></xsl:call-template>: <xsl:value-of select="count(requirement[@result = 'FAIL'])"/> fail, <xsl:value-of select="count(requirement[@result = 'ERROR'])"/> could not be read, <xsl:value-of select="count(requirement[@result = 'MANUAL'])"/> need manual review, <xsl:value-of select="count(requirement[@result = 'PASS'])"/> pass, <xsl:value-of select="count(requirement[@result = 'NOT_EVIDENCED'])"/> not evidenced.</p>
    <div class="wide"><table>
      <thead><tr><th scope="col">Requirement</th><th scope="col">Result</th><th scope="col">Checks</th></tr></thead>
      <tbody><xsl:for-each select="requirement"><tr>
        <th scope="row"><strong><xsl:value-of select="@id"/></strong><xsl:text> </xsl:text><xsl:value-of select="@title"/></th>
        <td><xsl:call-template name="tag"><xsl:with-param name="word" select="@result"/></xsl:call-template><xsl:if test="@why"><br/><small><xsl:value-of select="@why"/></small></xsl:if></td>
        <td><xsl:for-each select="check"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@id"/><xsl:text> </xsl:text><xsl:choose><xsl:when test="@result = 'PASS'"><span class="quiet">PASS</span></xsl:when><xsl:otherwise><xsl:call-template name="tag"><xsl:with-param name="word" select="@result"/></xsl:call-template></xsl:otherwise></xsl:choose></xsl:for-each></td>
      </tr></xsl:for-each></tbody>
    </table></div>
  </xsl:for-each></section>
</xsl:template>

<xsl:template name="evidence">
  <section id="evidence" aria-labelledby="h-evidence"><h2 id="h-evidence">Evidence</h2>
  <p>The API calls behind the findings above, except for PASS and NOT_APPLICABLE. The evidence package and run.db contain every call and what it returned. The digest is the SHA-256 of the response body.</p>
  <div class="wide"><table>
    <thead><tr><th scope="col" class="n">Call</th><th scope="col">Operation</th><th scope="col">Account</th><th scope="col">Region</th><th scope="col">Target</th><th scope="col">Time (UTC)</th><th scope="col">Request id</th><th scope="col">Digest</th></tr></thead>
    <tbody><xsl:comment>facts</xsl:comment></tbody>
  </table></div></section>
</xsl:template>

<xsl:template match="/facts"><xsl:apply-templates select="fact"/></xsl:template>

<xsl:template match="fact">
<tr id="fact-{@id}"><td class="n"><xsl:value-of select="@id"/></td><td><xsl:value-of select="@operation"/></td><td class="nb"><xsl:value-of select="@account"/></td><td class="nb"><xsl:value-of select="@region"/></td><td><xsl:value-of select="@target"/></td><td class="nb"><xsl:value-of select="@time"/></td><td class="mono"><xsl:value-of select="@request_id"/></td><td class="mono"><xsl:value-of select="substring(@digest, 1, 16)"/>…</td></tr>
</xsl:template>

<xsl:template match="gaps">
  <section id="gaps" aria-labelledby="h-gaps"><h2 id="h-gaps">Collection errors</h2>
  <xsl:if test="../summary/@verdict != 'INCOMPLETE'"><p>All account-Regions<xsl:if test="../summary/@selection != ''"> of the selection</xsl:if> were read.<xsl:if test="../coverage/place"> Suspended accounts, and Regions that an account cannot use, are not expected to answer.</xsl:if></p></xsl:if>
  <xsl:if test="gap">
  <div class="wide"><table>
    <thead><tr><th scope="col" class="n">Error</th><th scope="col">Operation</th><th scope="col">Account</th><th scope="col">Region</th><th scope="col">Kind</th><th scope="col">Message</th></tr></thead>
    <tbody><xsl:for-each select="gap"><tr><td class="n"><xsl:value-of select="@id"/></td><td><xsl:value-of select="@operation"/></td><td class="nb"><xsl:value-of select="@account"/></td><td class="nb"><xsl:value-of select="@region"/></td><td class="nb"><xsl:value-of select="@class"/></td><td><xsl:value-of select="@message"/></td></tr></xsl:for-each></tbody>
  </table></div></xsl:if>
  <xsl:call-template name="more-than-listed"><xsl:with-param name="listed" select="count(gap)"/><xsl:with-param name="total" select="@total"/></xsl:call-template>
  <xsl:if test="../coverage/place"><div class="wide"><table>
    <caption>Account-Regions that were not read completely</caption>
    <thead><tr><th scope="col">Account</th><th scope="col">Name</th><th scope="col">OU</th><th scope="col">Region</th><th scope="col">State</th></tr></thead>
    <tbody><xsl:for-each select="../coverage/place"><tr><td class="nb"><xsl:value-of select="@account"/></td><td><xsl:value-of select="@name"/></td><td><xsl:value-of select="@ou_path"/></td><td class="nb"><xsl:value-of select="@region"/></td><td><xsl:call-template name="tag"><xsl:with-param name="word" select="@state"/></xsl:call-template></td></tr></xsl:for-each></tbody>
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

/* The HTML report: a stylesheet turns the run's data into one page. It runs once for the page, with
 * <report>, once for every few hundred findings, with <findings>, and once for their API calls,
 * with <facts>; the results replace the comments "findings" and "facts" of the page. So the page
 * costs no more memory however many findings it lists. */
#include "html/html.h"

#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltutils.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "formats.h"

#define BATCH 250
#define STYLESHEET_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define TEXT_MAX ((size_t)512)

/* Beside report.xslt, for its parameters of the same name. */
static const struct {
    const char *parameter, *file;
} parts[] = {{"style", "report.css"}, {"script", "report.js"}};
#define PART_COUNT (sizeof parts / sizeof *parts)

struct html_page {
    struct report_stream *stream;
    xsltStylesheetPtr style;
    char *part[PART_COUNT];
    struct map *cited; /* the facts that the findings listed name */
    xsltSecurityPrefsPtr fence;
    struct text complaint; /* the start of the stylesheet processor's message */
    xmlDocPtr batch;
    xmlNodePtr findings;
    int64_t in_batch;
};

/* The processor reports errors in parts of a line. */
static void listen(void *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void listen(void *context, const char *format, ...)
{
    struct html_page *p = context;
    char piece[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (p->complaint.length < TEXT_MAX) {
        text_add(&p->complaint, piece);
    }
}

static int refuse(struct html_page *p, const char *what)
{
    struct text line;
    text_init(&line, TEXT_MAX * 4);
    const char *said = text_str(&p->complaint);
    text_add_printable(&line, said, strcspn(said, "\n"));
    int rc = err_set(p->stream->err, ERR_INPUT, "template of the HTML report: %s%s%s", what,
                     line.length > 0 ? ": " : "", text_str(&line));
    text_release(&line);
    return rc;
}

/* A template only formats text: it may not access other files or the network. */
static xsltSecurityPrefsPtr make_fence(void)
{
    static const xsltSecurityOption all[] = {XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE,
                                             XSLT_SECPREF_CREATE_DIRECTORY,
                                             XSLT_SECPREF_READ_NETWORK, XSLT_SECPREF_WRITE_NETWORK};
    xsltSecurityPrefsPtr fence = xsltNewSecurityPrefs();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        (void)xsltSetSecurityPrefs(fence, all[i], xsltSecurityForbid);
    }
    return fence;
}

/* Yours: a file of the chosen folder of templates, else the shipped one. */
static int read_template(const struct html_page *p, const char *name, char **path, char **data,
                         size_t *length)
{
    const struct report_input *in = p->stream->in;
    *path = path_join(in->templates, name);
    if (!file_exists(*path) && in->templates_shipped != NULL) {
        free(*path);
        *path = path_join(in->templates_shipped, name);
    }
    return file_read(*path, STYLESHEET_MAX_BYTES, data, length, p->stream->err);
}

static int load_style(struct html_page *p)
{
    char *path = NULL, *data = NULL;
    size_t length = 0;
    int rc = read_template(p, "report.xslt", &path, &data, &length);
    if (rc == 0) {
        xmlDocPtr document = xmlReadMemory(data, (int)length, "report.xslt", NULL,
                                           XML_PARSE_NONET | XML_PARSE_NOCDATA);
        p->style = document != NULL ? xsltParseStylesheetDoc(document) : NULL;
        if (p->style == NULL) {
            xmlFreeDoc(document);
            rc = refuse(p, path);
        } else if (p->style->errors > 0) {
            rc = refuse(p, path);
        }
    }
    free(data);
    free(path);
    return rc;
}

static int load_parts(struct html_page *p)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < PART_COUNT; i++) {
        char *path = NULL;
        size_t length = 0;
        rc = read_template(p, parts[i].file, &path, &p->part[i], &length);
        if (rc == 0 && !utf8_valid(p->part[i], length)) {
            rc = err_set(p->stream->err, ERR_INPUT, "%s: not UTF-8 text", path);
        }
        free(path);
    }
    return rc;
}

/* Yours: what the stylesheet makes of the document. */
static int transform(struct html_page *p, xmlDocPtr document, char **out)
{
    xmlChar *bytes = NULL;
    int length = 0, rc = -1;
    xsltTransformContextPtr context = xsltNewTransformContext(p->style, document);
    (void)xsltSetCtxtSecurityPrefs(p->fence, context);
    xsltSetTransformErrorFunc(context, p, listen);
    for (size_t i = 0; i < PART_COUNT; i++) {
        (void)xsltQuoteOneUserParam(context, (const xmlChar *)parts[i].parameter,
                                    (const xmlChar *)p->part[i]);
    }
    xmlDocPtr result = xsltApplyStylesheetUser(p->style, document, NULL, NULL, NULL, context);
    if (result != NULL && context->state == XSLT_STATE_OK &&
        xsltSaveResultToString(&bytes, &length, result, p->style) == 0) {
        *out = xstrndup(bytes != NULL ? (const char *)bytes : "", (size_t)length);
        rc = 0;
    } else {
        rc = refuse(p, "it could not be applied");
    }
    xmlFree(bytes);
    xmlFreeDoc(result);
    xsltFreeTransformContext(context);
    return rc;
}

static xmlDocPtr new_document(const char *name, xmlNodePtr *root)
{
    xmlDocPtr document = xmlNewDoc((const xmlChar *)"1.0");
    *root = xmlNewDocNode(document, NULL, (const xmlChar *)name, NULL);
    (void)xmlDocSetRootElement(document, *root);
    return document;
}

static int write_batch(struct html_page *p)
{
    char *rows = NULL;
    int rc = 0;
    if (p->in_batch > 0) {
        rc = transform(p, p->batch, &rows);
        if (rc == 0) {
            fputs(rows, p->stream->out);
        }
    }
    free(rows);
    xmlFreeDoc(p->batch);
    p->batch = NULL;
    p->in_batch = 0;
    return rc;
}

static int add_finding(void *context, const struct finding *finding)
{
    struct html_page *p = context;
    if (p->stream->count++ >= HTML_FINDINGS_MAX) {
        return 1;
    }
    if (p->batch == NULL) {
        p->batch = new_document("findings", &p->findings);
    }
    xmlNodePtr node = html_finding(p->stream, p->findings, finding);
    if (finding->status != STATUS_PASS && finding->status != STATUS_NOT_APPLICABLE &&
        html_cite(p->stream, p->cited, node, finding->evidence)) {
        return -1;
    }
    return ++p->in_batch == BATCH ? write_batch(p) : 0;
}

static int write_findings(struct html_page *p)
{
    if (store_each_finding(p->stream->in->store, add_finding, p, p->stream->err) < 0) {
        return -1;
    }
    return write_batch(p);
}

static int write_facts(struct html_page *p)
{
    xmlNodePtr root;
    xmlDocPtr document = new_document("facts", &root);
    char *rows = NULL;
    int rc = html_facts(p->stream, p->cited, root);
    if (rc == 0 && root->children != NULL) {
        rc = transform(p, document, &rows);
        fputs(rows != NULL ? rows : "", p->stream->out);
    }
    free(rows);
    xmlFreeDoc(document);
    return rc;
}

/* What takes the place of a comment of the page, in this order; a template need have neither. */
static const struct {
    const char *marker;
    int (*write)(struct html_page *p);
} fillings[] = {{"<!--findings-->", write_findings}, {"<!--facts-->", write_facts}};

static int write_page(struct html_page *p)
{
    xmlNodePtr root;
    xmlDocPtr document = new_document("report", &root);
    char *page = NULL;
    FILE *out = p->stream->out;
    int rc = html_describe(p->stream, root) || transform(p, document, &page) ? -1 : 0;
    xmlFreeDoc(document);
    const char *rest = page;
    if (rc == 0 && strncmp(page, "<!", 2) != 0) {
        fputs("<!DOCTYPE html>\n", out);
    }
    for (size_t i = 0; rc == 0 && i < sizeof fillings / sizeof *fillings; i++) {
        const char *at = strstr(rest, fillings[i].marker);
        if (at != NULL) {
            fwrite(rest, 1, (size_t)(at - rest), out);
            rest = at + strlen(fillings[i].marker);
            rc = fillings[i].write(p);
        }
    }
    if (rc == 0) {
        fputs(rest, out);
    }
    free(page);
    return rc;
}

int report_write_html(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (in->templates == NULL) {
        return err_set(err, ERR_INTERNAL, "no template directory was given");
    }
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    struct html_page p = {.stream = &f, .fence = make_fence(), .cited = map_new(NULL)};
    text_init(&p.complaint, TEXT_MAX * 4);
    xsltSetGenericErrorFunc(&p, listen);
    xmlSetGenericErrorFunc(&p, listen);
    int rc = load_style(&p) || load_parts(&p) || write_page(&p) ? -1 : 0;
    xsltSetGenericErrorFunc(NULL, NULL);
    xmlSetGenericErrorFunc(NULL, NULL);
    xmlFreeDoc(p.batch);
    xsltFreeStylesheet(p.style);
    xsltFreeSecurityPrefs(p.fence);
    for (size_t i = 0; i < PART_COUNT; i++) {
        free(p.part[i]);
    }
    map_free(p.cited);
    text_release(&p.complaint);
    return stream_close(&f, rc);
}

#include "stream.h"

#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "formats.h"

#define BUFFER_BYTES ((size_t)64 * 1024)
#define ROW_MAX_BYTES ((size_t)32 * 1024 * 1024)

int stream_open(struct report_stream *f, const struct report_input *in, const char *path,
                struct err *err)
{
    memset(f, 0, sizeof *f);
    if (report_summarize(in->store, &f->summary, err) || out_file_open(path, &f->file, err)) {
        return -1;
    }
    f->in = in;
    f->err = err;
    f->out = out_file_stream(f->file);
    f->before = report_kept(in->store, "before");
    f->compliance = report_compliance_of_checks(in->rules);
    f->rules = map_new(NULL);
    text_init(&f->text, ROW_MAX_BYTES);
    for (int i = 0; i < STATUS_COUNT; i++) {
        f->total += f->summary.by_status[i];
    }
    for (size_t i = 0; i < json_array_size(in->rules); i++) {
        json_t *rule = json_array_get(in->rules, i);
        map_set(f->rules, jx_str_or(rule, "id", ""), rule);
    }
    return 0;
}

int stream_flush(struct report_stream *f)
{
    if (text_failed(&f->text)) {
        return err_set(f->err, ERR_INPUT, "a row is larger than %zu bytes", ROW_MAX_BYTES);
    }
    fwrite(text_str(&f->text), 1, f->text.length, f->out);
    text_clear(&f->text);
    return 0;
}

struct stream_visitor {
    struct report_stream *stream;
    int (*each)(struct report_stream *f, const struct finding *finding);
};

static int visit(void *context, const struct finding *finding)
{
    const struct stream_visitor *w = context;
    int rc = w->each(w->stream, finding);
    if (rc != 0) {
        return rc;
    }
    w->stream->count++;
    if (w->stream->text.length >= BUFFER_BYTES || text_failed(&w->stream->text)) {
        return stream_flush(w->stream);
    }
    return 0;
}

int stream_findings(struct report_stream *f,
                    int (*each)(struct report_stream *f, const struct finding *finding))
{
    struct stream_visitor walk = {f, each};
    f->count = 0;
    return store_each_finding(f->in->store, visit, &walk, f->err) < 0 ? -1 : 0;
}

int stream_close(struct report_stream *f, int rc)
{
    if (f->file != NULL && rc == 0) {
        rc = stream_flush(f);
    }
    if (f->file != NULL && rc == 0) {
        rc = out_file_commit(f->file, f->err);
    } else {
        out_file_abort(f->file);
    }
    text_release(&f->text);
    map_free(f->rules);
    json_decref(f->before);
    map_free(f->compliance);
    return rc;
}

const char *stream_meta(const struct report_stream *f, const char *key)
{
    const char *value = store_meta(f->in->store, key);
    return value != NULL ? value : "";
}

const json_t *stream_rule(const struct report_stream *f, const char *check_id)
{
    return map_get(f->rules, check_id);
}

const char *stream_rule_text(const struct report_stream *f, const char *check_id,
                             const char *member)
{
    return jx_str_or(stream_rule(f, check_id), member, "");
}

const char *stream_before(const struct report_stream *f, const struct finding *finding)
{
    return finding->status == STATUS_FIXED
               ? jx_str_or(json_object_get(f->before, finding->id), "observed", "")
               : "";
}

const char *stream_resource(const struct finding *finding)
{
    return *finding->resource_arn ? finding->resource_arn : finding->subject;
}

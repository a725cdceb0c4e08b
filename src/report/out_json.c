#include "out_json.h"

#include <string.h>

#include "base/jsonx.h"

void out_json_member(struct out_json *w, const char *name, json_t *value)
{
    (void)fprintf(w->out, ",\n  \"%s\": ", name);
    (void)jx_write(value, w->out, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
}

void out_json_list(struct out_json *w, const char *name)
{
    (void)fprintf(w->out, ",\n  \"%s\": [", name);
    w->first = true;
}

const char *out_json_next(struct out_json *w)
{
    const char *before = w->first ? "\n    " : ",\n    ";
    w->first = false;
    return before;
}

void out_json_row(struct out_json *w, json_t *value)
{
    (void)fputs(out_json_next(w), w->out);
    (void)jx_write(value, w->out, JSON_COMPACT);
    json_decref(value);
}

void out_json_list_end(struct out_json *w)
{
    (void)fputs(w->first ? "]" : "\n  ]", w->out);
}

void out_json_rows(struct out_json *w, const char *name, json_t *rows)
{
    size_t i;
    json_t *one;
    out_json_list(w, name);
    json_array_foreach(rows, i, one)
    {
        out_json_row(w, json_incref(one));
    }
    out_json_list_end(w);
}

json_t *out_json_text(const char *s)
{
    return jx_string(s != NULL ? s : "", s != NULL ? strlen(s) : 0);
}

json_t *out_json_text_or_null(const char *s)
{
    return s != NULL && *s != '\0' ? out_json_text(s) : json_null();
}

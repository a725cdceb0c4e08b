#include "recording.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/message.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "pseudonym.h"

#define SHAPE_MAX ((size_t)1 << 20)
#define BLOCK_BYTES 65536
#define FORMAT_VERSION 1

struct recording {
    struct pseudonym *names;
    struct out_file *file;
    FILE *answers, *calls; /* without a name: nobody sees them, and they end with the process */
    struct map *numbers;   /* digest of an answer -> its number */
    json_t *shapes;        /* {shape: how often} */
    bool failed;           /* a temporary file could not be written */
};

int recording_open(const char *path, struct recording **out, struct err *err)
{
    struct recording *r = xcalloc(1, sizeof *r);
    r->names = pseudonym_new();
    r->numbers = map_new(NULL);
    r->shapes = json_object();
    r->answers = tmpfile();
    r->calls = tmpfile();
    if (r->answers == NULL || r->calls == NULL) {
        (void)err_set(err, ERR_IO, "--record: cannot create a temporary file");
        recording_free(r);
        return -1;
    }
    if (out_file_open(path, &r->file, err) != 0) {
        recording_free(r);
        return -1;
    }
    *out = r;
    return 0;
}

void recording_free(struct recording *r)
{
    if (r == NULL) {
        return;
    }
    out_file_abort(r->file);
    if (r->answers != NULL) {
        (void)fclose(r->answers);
    }
    if (r->calls != NULL) {
        (void)fclose(r->calls);
    }
    map_free(r->numbers);
    json_decref(r->shapes);
    pseudonym_free(r->names);
    free(r);
}

void recording_counts(const struct recording *r, struct recording_counts *out)
{
    out->members = json_object_size(pseudonym_unknown_members(r->names));
    out->values = json_object_size(pseudonym_unknown_values(r->names));
}

/* --- the shape of an answer --- */

/* Equal answers but for their texts and numbers give the same bytes. */
static json_t *shape_of(const json_t *value, const char *member)
{
    if (json_is_object(value)) {
        json_t *out = json_object();
        const char *name = NULL;
        json_t *below = NULL;
        json_object_foreach(jx_mutable(value), name, below)
        {
            json_object_set_new(out, name, shape_of(below, name));
        }
        return out;
    }
    if (json_is_array(value)) {
        json_t *kinds = json_object(); /* as a set, sorted when it is written */
        for (size_t i = 0; i < json_array_size(value); i++) {
            json_t *shape = shape_of(json_array_get(value, i), member);
            char *text = json_dumps(shape, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
            json_object_set_new(kinds, text, shape);
            free(text);
        }
        json_t *out = json_array();
        const char *text = NULL;
        json_t *shape = NULL;
        json_object_foreach(kinds, text, shape)
        {
            json_array_append(out, shape);
        }
        json_decref(kinds);
        return out;
    }
    if (json_is_string(value)) {
        const char *s = json_string_value(value);
        return pseudonym_is_enum(member, s) ? json_string(s) : json_string("string");
    }
    return json_string(json_is_boolean(value)   ? "boolean"
                       : json_is_integer(value) ? "integer"
                       : json_is_real(value)    ? "number"
                                                : "null");
}

static void note_shape(struct recording *r, const char *label, const json_t *answer)
{
    json_t *shape =
        json_pack("{s:s, s:O, s:O, s:o}", "operation", label, "status",
                  json_object_get(answer, "status"), "code", json_object_get(answer, "code"),
                  "members", shape_of(json_object_get(answer, "body"), ""));
    struct text text;
    text_init(&text, SHAPE_MAX);
    jx_canonical(shape, &text);
    if (!text_failed(&text)) {
        json_int_t before = json_integer_value(json_object_get(r->shapes, text_str(&text)));
        json_object_set_new(r->shapes, text_str(&text), json_integer(before + 1));
    }
    text_release(&text);
    json_decref(shape);
}

/* --- an answer --- */

static void write_line(struct recording *r, FILE *out, const json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    r->failed = r->failed || text == NULL || fputs(text, out) < 0 || fputc('\n', out) == EOF;
    free(text);
}

/* {"status", "code", "message", "body"}, replaced. */
static json_t *replaced_answer(struct recording *r, const char *label,
                               const struct heard_answer *heard)
{
    struct answer_error error = {0};
    json_t *body = NULL;
    if (heard->http_status < 200 || heard->http_status > 299) {
        answer_classify(heard->op, heard->http_status,
                        *heard->error_type != '\0' ? heard->error_type : NULL, heard->body,
                        heard->body_length, &error);
    } else if (heard->body != NULL) {
        struct err ignored = ERR_INIT;
        json_t *plain = answer_json(heard->op, heard->body, heard->body_length, &ignored);
        body = plain != NULL ? pseudonym_json(r->names, plain, label) : NULL;
        json_decref(plain);
    }
    char *message = pseudonym_text(r->names, error.message);
    json_t *out =
        json_pack("{s:i, s:s, s:s, s:o}", "status", heard->http_status, "code", error.code,
                  "message", message, "body", body != NULL ? body : json_object());
    free(message);
    return out;
}

/* An answer is written once; the calls name it by its number. */
static json_int_t number_of(struct recording *r, json_t *answer)
{
    char digest[SHA256_HEX_SIZE];
    char *text = json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS);
    sha256_hex(text, strlen(text), digest);
    free(text);
    uintptr_t number = (uintptr_t)map_get(r->numbers, digest);
    if (number == 0) {
        number = map_count(r->numbers) + 1;
        map_set(r->numbers, digest, (void *)number);
        json_object_set_new(answer, "number", json_integer((json_int_t)number));
        write_line(r, r->answers, answer);
    }
    return (json_int_t)number;
}

/* Of an AssumeRole only which role it is: the rest is ours. */
static json_t *input_of(const struct heard_answer *heard)
{
    if (heard->op->service != SVC_STS || heard->input == NULL) {
        return heard->input != NULL ? json_incref(jx_mutable(heard->input)) : json_object();
    }
    json_t *role = json_object_get(heard->input, "RoleArn");
    return role != NULL ? json_pack("{s:O}", "RoleArn", role) : json_object();
}

void recording_hear(void *context, const struct heard_answer *heard)
{
    struct recording *r = context;
    char label[96];
    op_label(heard->op, label, sizeof label);
    json_t *answer = replaced_answer(r, label, heard);
    note_shape(r, label, answer);
    json_object_set_new(answer, "operation", json_string(label));
    json_t *plain = input_of(heard);
    json_t *input = pseudonym_json(r->names, plain, NULL);
    char *account = pseudonym_text(r->names, heard->account);
    json_t *call =
        json_pack("{s:s, s:s, s:s, s:o, s:I}", "operation", label, "account", account, "region",
                  heard->region, "input", input, "answer", number_of(r, answer));
    write_line(r, r->calls, call);
    json_decref(call);
    json_decref(answer);
    json_decref(plain);
    free(account);
}

/* --- the file --- */

static la_ssize_t write_block(struct archive *a, void *stream, const void *block, size_t length)
{
    size_t done = fwrite(block, 1, length, stream);
    if (done != length) {
        archive_set_error(a, EIO, "cannot write");
        return -1;
    }
    return (la_ssize_t)done;
}

static int begin_entry(struct archive *a, const char *name, size_t length)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, (la_int64_t)length);
    int rc = archive_write_header(a, entry);
    archive_entry_free(entry);
    return rc == ARCHIVE_OK ? 0 : -1;
}

static int add_text(struct archive *a, const char *name, const char *text)
{
    size_t length = strlen(text);
    return begin_entry(a, name, length) != 0 ||
                   archive_write_data(a, text, length) != (la_ssize_t)length
               ? -1
               : 0;
}

static int add_stream(struct archive *a, const char *name, FILE *in)
{
    char block[BLOCK_BYTES];
    long length = fflush(in) == 0 ? ftell(in) : -1;
    if (length < 0 || fseek(in, 0, SEEK_SET) != 0 || begin_entry(a, name, (size_t)length) != 0) {
        return -1;
    }
    for (size_t got; (got = fread(block, 1, sizeof block, in)) > 0;) {
        if (archive_write_data(a, block, got) != (la_ssize_t)got) {
            return -1;
        }
    }
    return ferror(in) ? -1 : 0;
}

static char *header_text(const struct recording *r, const struct aws_client *client)
{
    char now[TIME_ISO_SIZE];
    time_iso(clock_wall_ms(NULL), now);
    char *account = pseudonym_text(r->names, aws_client_account(client));
    char *arn = pseudonym_text(r->names, aws_client_caller_arn(client));
    json_t *header = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:O, s:O}", "format",
                               "towerkeep-recording", "format_version", FORMAT_VERSION, "version",
                               TOWERKEEP_VERSION, "recorded", now, "management_account", account,
                               "caller", arn, "partition", aws_client_partition(client),
                               "unknown_members", pseudonym_unknown_members(r->names),
                               "unknown_values", pseudonym_unknown_values(r->names));
    char *text = json_dumps(header, JSON_INDENT(1));
    json_decref(header);
    free(account);
    free(arn);
    return text;
}

static char *shapes_text(const struct recording *r)
{
    struct text out;
    text_init(&out, SIZE_MAX / 2);
    const char *shape = NULL;
    json_t *count = NULL;
    json_object_foreach(r->shapes, shape, count)
    {
        text_addf(&out, "{\"answers\":%lld,\"shape\":%s}\n", (long long)json_integer_value(count),
                  shape);
    }
    return text_take(&out);
}

static int write_archive(struct recording *r, const struct aws_client *client, struct archive *a)
{
    char *header = header_text(r, client);
    char *shapes = shapes_text(r);
    int rc = archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
                     archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
                     archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
                     archive_write_open(a, out_file_stream(r->file), NULL, write_block, NULL) !=
                         ARCHIVE_OK ||
                     add_text(a, "header.json", header) != 0 ||
                     add_text(a, "shapes.ndjson", shapes) != 0 ||
                     add_stream(a, "answers.ndjson", r->answers) != 0 ||
                     add_stream(a, "calls.ndjson", r->calls) != 0 ||
                     archive_write_close(a) != ARCHIVE_OK
                 ? -1
                 : 0;
    free(header);
    free(shapes);
    return rc;
}

int recording_finish(struct recording *r, const struct aws_client *client, struct err *err)
{
    struct archive *a = archive_write_new();
    int rc = r->failed || a == NULL ? -1 : write_archive(r, client, a);
    if (rc != 0) {
        const char *why = a != NULL ? archive_error_string(a) : NULL;
        (void)err_set(err, ERR_IO, "--record: the file was not written: %s",
                      why != NULL ? why : "cannot write");
    }
    (void)archive_write_free(a);
    if (rc == 0) {
        rc = out_file_commit(r->file, err);
        r->file = NULL;
    }
    recording_free(r);
    return rc;
}

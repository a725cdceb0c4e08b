/* Answers from a recording of `towerkeep scan --record` (docs/record.md) instead of a world. */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "aws/partition.h"
#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

#define MEMBER_MAX ((size_t)1 << 30)
#define BLOCK_BYTES 65536
#define KEY_MAX ((size_t)4 << 20)
#define SESSION_MS INT64_C(43200000)
#define EPOCH_LOW 1e9 /* seconds since 1970 in members that hold times: 2001 to 2096 */
#define EPOCH_HIGH 4e9

struct replay {
    json_t *header;
    struct map *answers; /* number -> answer, an object */
    struct map *calls;   /* key of a request -> answer (borrowed) */
    int64_t shift_ms;    /* added to every time: as if it was recorded now */
};

static void decref(void *value)
{
    json_decref(value);
}

void replay_free(struct replay *r)
{
    if (r == NULL) {
        return;
    }
    map_free(r->calls);
    map_free(r->answers);
    json_decref(r->header);
    free(r);
}

/* --- the key of a request --- */

/* Requests carry numbers and booleans as text in some protocols, and times of the scan itself. */
static json_t *comparable(const json_t *value)
{
    int64_t ignored = 0;
    if (json_is_object(value)) {
        json_t *out = json_object();
        const char *name = NULL;
        json_t *member = NULL;
        json_object_foreach(jx_mutable(value), name, member)
        {
            json_object_set_new(out, name, comparable(member));
        }
        return out;
    }
    if (json_is_array(value)) {
        json_t *out = json_array();
        for (size_t i = 0; i < json_array_size(value); i++) {
            json_array_append_new(out, comparable(json_array_get(value, i)));
        }
        return out;
    }
    if (json_is_string(value)) {
        const char *s = json_string_value(value);
        bool time = strlen(s) > 10 && time_parse_iso(s, &ignored);
        return json_string(time ? "a time" : s);
    }
    if (json_is_integer(value)) {
        return json_sprintf("%lld", (long long)json_integer_value(value));
    }
    return json_string(json_is_true(value) ? "true" : "false");
}

static char *key_of(const struct op *op, const char *account, const char *region,
                    const json_t *input)
{
    struct text key;
    char label[96];
    op_label(op, label, sizeof label);
    text_init(&key, KEY_MAX);
    text_addf(&key, "%s %s %s ", label, account, op->reach == REACH_GLOBAL ? "" : region);
    json_t *plain = comparable(input);
    jx_canonical(plain, &key);
    json_decref(plain);
    return text_take(&key);
}

/* --- reading --- */

static bool holds_time(const char *member)
{
    return str_ends(member, "Date") || str_ends(member, "Time") || str_ends(member, "Timestamp") ||
           str_ends(member, "At") || str_ends(member, "DateTime");
}

static json_t *shifted(const struct replay *r, const json_t *value, const char *member)
{
    int64_t at_ms = 0;
    if (json_is_object(value)) {
        json_t *out = json_object();
        const char *name = NULL;
        json_t *below = NULL;
        json_object_foreach(jx_mutable(value), name, below)
        {
            json_object_set_new(out, name, shifted(r, below, name));
        }
        return out;
    }
    if (json_is_array(value)) {
        json_t *out = json_array();
        for (size_t i = 0; i < json_array_size(value); i++) {
            json_array_append_new(out, shifted(r, json_array_get(value, i), member));
        }
        return out;
    }
    if (json_is_string(value)) {
        const char *s = json_string_value(value);
        char text[TIME_ISO_SIZE];
        if (strlen(s) <= 10 || !holds_time(member) || !time_parse_iso(s, &at_ms)) {
            return json_string(s);
        }
        time_iso(at_ms + r->shift_ms, text);
        return json_string(text);
    }
    double number = json_number_value(value);
    if (json_is_number(value) && holds_time(member) && number > EPOCH_LOW && number < EPOCH_HIGH) {
        return json_real(number + (double)r->shift_ms / 1000.0);
    }
    return json_copy(jx_mutable(value));
}

static int take_answer(struct replay *r, const json_t *line)
{
    char number[24];
    long long n = jx_int(line, "number", 0);
    if (n <= 0 || !json_is_object(json_object_get(line, "body"))) {
        return -1;
    }
    (void)snprintf(number, sizeof number, "%lld", n);
    json_t *answer = json_copy(jx_mutable(line));
    json_object_set_new(answer, "body", shifted(r, json_object_get(line, "body"), ""));
    map_set(r->answers, number, answer);
    return 0;
}

/* A throttled or failed request is repeated: what counts is the last answer to it. */
static int take_call(struct replay *r, const json_t *line)
{
    char number[24];
    const char *label = jx_str_or(line, "operation", "");
    const struct op *op = op_parse(label);
    (void)snprintf(number, sizeof number, "%lld", jx_int(line, "answer", 0));
    json_t *answer = map_get(r->answers, number);
    const json_t *input = json_object_get(line, "input");
    if (answer == NULL || !json_is_object(input)) {
        return -1;
    }
    if (op != NULL) { /* a newer version may have recorded more */
        char *key =
            key_of(op, jx_str_or(line, "account", ""), jx_str_or(line, "region", ""), input);
        map_set(r->calls, key, answer);
        free(key);
    }
    return 0;
}

static int take_header(struct replay *r, const char *data, size_t length)
{
    const char *problem = NULL;
    int64_t recorded_ms = 0;
    r->header = jx_parse(data, length, &problem);
    const char *account = jx_str_or(r->header, "management_account", "");
    if (!str_equal(jx_str(r->header, "format"), "towerkeep-recording") ||
        jx_int(r->header, "format_version", 0) != 1 || !str_is_account_id(account) ||
        !time_parse_iso(jx_str_or(r->header, "recorded", ""), &recorded_ms)) {
        return -1;
    }
    r->shift_ms = clock_wall_ms(NULL) - recorded_ms;
    return 0;
}

static int take_lines(struct replay *r, const char *data, size_t length,
                      int (*take)(struct replay *r, const json_t *line))
{
    for (size_t at = 0; at < length;) {
        const char *problem = NULL;
        const char *end = memchr(data + at, '\n', length - at);
        size_t line = end != NULL ? (size_t)(end - data) - at : length - at;
        json_t *value = jx_parse(data + at, line, &problem);
        int rc = value == NULL ? -1 : take(r, value);
        json_decref(value);
        if (rc != 0) {
            return -1;
        }
        at += line + 1;
    }
    return 0;
}

static int take_member(struct replay *r, const char *name, const char *data, size_t length)
{
    if (str_equal(name, "header.json")) {
        return take_header(r, data, length);
    }
    if (str_equal(name, "answers.ndjson")) {
        return r->header == NULL ? -1 : take_lines(r, data, length, take_answer);
    }
    return str_equal(name, "calls.ndjson") ? take_lines(r, data, length, take_call) : 0;
}

static int read_member(struct archive *a, struct text *out)
{
    char block[BLOCK_BYTES];
    la_ssize_t got = 0;
    text_clear(out);
    while ((got = archive_read_data(a, block, sizeof block)) > 0) {
        text_addn(out, block, (size_t)got);
    }
    return got < 0 || text_failed(out) ? -1 : 0;
}

int replay_load(const char *path, struct replay **out, struct err *err)
{
    struct replay *r = xcalloc(1, sizeof *r);
    struct archive *a = archive_read_new();
    struct archive_entry *entry = NULL;
    struct text data;
    int rc = 0, step = ARCHIVE_OK;
    text_init(&data, MEMBER_MAX);
    r->answers = map_new(decref);
    r->calls = map_new(NULL);
    (void)archive_read_support_filter_zstd(a);
    (void)archive_read_support_format_tar(a);
    if (archive_read_open_filename(a, path, BLOCK_BYTES) != ARCHIVE_OK) {
        rc = err_set(err, ERR_INPUT, "%s: cannot read the recording: %s", path,
                     archive_error_string(a));
        goto out;
    }
    while (rc == 0 && (step = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
        const char *name = archive_entry_pathname(entry);
        if (read_member(a, &data) != 0 || take_member(r, name, text_str(&data), data.length) != 0) {
            rc = err_set(err, ERR_INPUT, "%s: %s: not of a recording of this version", path, name);
        }
    }
    if (rc == 0 && (step != ARCHIVE_EOF || map_count(r->calls) == 0)) {
        rc = err_set(err, ERR_INPUT, "%s: not a recording, or not all of it", path);
    }
out:
    (void)archive_read_free(a);
    text_release(&data);
    if (rc != 0) {
        replay_free(r);
    } else {
        *out = r;
    }
    return rc;
}

/* Any Region of the partition: the recording says where the landing zone is. */
static const char *replay_region(const char *partition)
{
    for (size_t i = 0; i < region_count(); i++) {
        if (str_equal(region_at(i)->partition, partition)) {
            return region_at(i)->name;
        }
    }
    return "us-east-1";
}

json_t *replay_world(const struct replay *r)
{
    const char *account = jx_str(r->header, "management_account");
    const char *partition = jx_str_or(r->header, "partition", "aws");
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:[{s:s, s:s, s:s, s:s}]}", "partition",
                     partition, "home_region", replay_region(partition), "organization", "id",
                     "o-replayed00", "root", "r-rp00", "management_account", account, "credentials",
                     "access_key_id", REPLAY_ACCESS_KEY, "secret", REPLAY_SECRET, "account",
                     account, "user", "towerkeep");
}

/* --- answering --- */

static void give_session(struct sim_call *call, const char *role_arn)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const char *account = strstr(role_arn, "::");
    const char *name = strrchr(role_arn, '/');
    struct principal *p = xcalloc(1, sizeof *p);
    char id[17], secret[41], token[61], expiration[TIME_ISO_SIZE];
    sim_new_id(call->sim, letters, 16, id);
    sim_new_id(call->sim, letters, 40, secret);
    sim_new_id(call->sim, letters, 60, token);
    (void)snprintf(p->access_key_id, sizeof p->access_key_id, "ASIA%s", id);
    (void)snprintf(p->account, sizeof p->account, "%.12s", account != NULL ? account + 2 : "");
    p->secret = xstrdup(secret);
    p->token = xstrdup(token);
    p->role = xstrdup(name != NULL ? name + 1 : "");
    p->role_arn = xstrdup(role_arn);
    p->arn = xasprintf("arn:%s:sts::%s:assumed-role/%s/replay", call->sim->partition, p->account,
                       p->role);
    p->user_id = xasprintf("AROA%s:replay", id);
    p->expires_ms = auth_now_ms(call->sim) + SESSION_MS;
    time_iso(p->expires_ms, expiration);
    json_object_set_new(call->out, "Credentials",
                        json_pack("{s:s, s:s, s:s, s:s}", "AccessKeyId", p->access_key_id,
                                  "SecretAccessKey", p->secret, "SessionToken", p->token,
                                  "Expiration", expiration));
    json_object_set_new(call->out, "AssumedRoleUser",
                        json_pack("{s:s, s:s}", "AssumedRoleId", p->user_id, "Arn", p->arn));
    sim_add_principal(call->sim, p);
}

/* The caller asks who it is before it knows its account. */
static const json_t *find_call(const struct replay *r, const struct sim_call *call)
{
    json_t *input = json_object();
    const json_t *role = json_object_get(call->in, "RoleArn");
    bool sts = call->op->service == SVC_STS;
    if (sts && role != NULL) {
        json_object_set(input, "RoleArn", jx_mutable(role));
    }
    char *key = key_of(call->op, call->account, call->region, sts ? input : call->in);
    const json_t *answer = map_get(r->calls, key);
    free(key);
    if (answer == NULL && sts) {
        key = key_of(call->op, "", call->region, input);
        answer = map_get(r->calls, key);
        free(key);
    }
    json_decref(input);
    return answer;
}

int replay_answer(const struct replay *r, struct sim_call *call)
{
    const json_t *answer = call->in != NULL ? find_call(r, call) : NULL;
    if (answer == NULL) {
        return sim_fail(call, 400, "NotRecordedException",
                        "The recording has no answer to this request.");
    }
    int status = (int)jx_int(answer, "status", 200);
    if (status < 200 || status > 299) {
        return sim_fail(call, status, jx_str_or(answer, "code", ""), "%s",
                        jx_str_or(answer, "message", ""));
    }
    json_object_update(call->out, json_object_get(answer, "body"));
    if (status != 200) {
        json_object_set_new(call->out, "@status", json_integer(status));
    }
    if (call->op->service == SVC_STS && str_equal(call->op->name, "AssumeRole")) {
        give_session(call, jx_str_or(call->in, "RoleArn", ""));
    }
    return 0;
}

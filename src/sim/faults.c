#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "faults.h"

void faults_free(struct faults *f)
{
    if (f == NULL) {
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        struct fault *row = &f->rows[i];
        free(row->operation);
        free(row->account);
        free(row->region);
        free(row->role);
        free(row->code);
        free(row->text);
        json_decref(row->set);
        if (row->hold != NULL) {
            free(row->hold->name);
            free(row->hold);
        }
    }
    free(f->rows);
    free(f);
}

/* --- striking --- */

int64_t faults_skew_ms(const struct faults *f)
{
    for (size_t i = 0; f != NULL && i < f->count; i++) {
        if (f->rows[i].action == ACTION_SKEW) {
            return f->rows[i].number * 1000;
        }
    }
    return 0;
}

struct consistency *faults_consistency(const struct faults *f)
{
    return f != NULL && f->late
               ? consistency_new(f->late_low * 1000, f->late_high * 1000, (uint64_t)f->late_seed)
               : NULL;
}

static bool fits(const char *pattern, const char *value)
{
    return pattern == NULL || (value != NULL && str_glob(pattern, value));
}

/* Between 0 and 1; equal seeds give equal sequences. */
static double draw(struct faults *f)
{
    unsigned char digest[SHA256_SIZE];
    uint64_t words[2] = {f->seed, ++f->draws};
    sha256(words, sizeof words, digest);
    return (double)(((unsigned)digest[0] << 16) | ((unsigned)digest[1] << 8) | digest[2]) /
           16777216.0;
}

const struct fault *faults_strike(struct faults *f, const struct op *op, const char *account,
                                  const char *region, const char *role)
{
    char label[128];
    const struct fault *struck = NULL;
    if (f == NULL) {
        return NULL;
    }
    op_label(op, label, sizeof label);
    for (size_t i = 0; i < f->count; i++) {
        struct fault *row = &f->rows[i];
        if (row->action == ACTION_SKEW || !fits(row->operation, label) ||
            !fits(row->account, account) || !fits(row->region, region) || !fits(row->role, role)) {
            continue;
        }
        row->seen++;
        bool in_turn = (long long)row->seen >= row->first &&
                       (row->last == 0 || (long long)row->seen <= row->last);
        if (in_turn && struck == NULL && (row->probability >= 1.0 || draw(f) < row->probability)) {
            struck = row;
        }
    }
    return struck;
}

/* --- answers that wait --- */

json_t *faults_holds(const struct faults *f)
{
    json_t *out = json_object();
    for (size_t i = 0; f != NULL && i < f->count; i++) {
        const struct hold *hold = f->rows[i].hold;
        if (hold != NULL) {
            json_object_set_new(out, hold->name,
                                json_pack("{s:I, s:b}", "waiting", (json_int_t)hold->waiting,
                                          "released", hold->released));
        }
    }
    return out;
}

bool faults_release(struct faults *f, const char *name)
{
    for (size_t i = 0; f != NULL && i < f->count; i++) {
        struct hold *hold = f->rows[i].hold;
        if (hold != NULL && str_equal(hold->name, name)) {
            hold->released = true;
            return true;
        }
    }
    return false;
}

bool hold_is_released(const struct hold *hold)
{
    return hold->released;
}

void hold_count(struct hold *hold, int change)
{
    hold->waiting += (unsigned long long)change;
}

/* --- what a fault does --- */

static void region_off(struct sim *sim, const struct fault *fault)
{
    const char *id = NULL;
    json_t *account = NULL;
    json_object_foreach(sim_org_accounts(sim), id, account)
    {
        if (fault->text == NULL || str_equal(fault->text, id)) {
            sim_account_region_disable(sim, id, fault->code);
        }
    }
}

void fault_meddle(struct sim *sim, const struct fault *fault)
{
    struct err err = ERR_INIT;
    if (fault == NULL || (fault->action != ACTION_INTRUDER && fault->action != ACTION_REGION_OFF)) {
        return;
    }
    consistency_before(sim);
    if (fault->action == ACTION_REGION_OFF) {
        region_off(sim, fault);
    } else if (world_change(sim, fault->set, &err) != 0) {
        log_write(LOG_WARN, "the intruder was refused: %s", err.text);
    }
    consistency_after(sim);
}

const char *fault_fails(const struct fault *fault)
{
    return fault != NULL && fault->action == ACTION_FAIL ? fault->text : NULL;
}

const char *fault_leaves_out(const struct fault *fault, const char *arn)
{
    bool fits = fault != NULL && fault->action == ACTION_LEAVE_OUT && str_glob(fault->code, arn);
    return fits ? fault->text : NULL;
}

static void retry_after(const struct fault *f, struct sim_response *response)
{
    if (f->retry_after >= 0) {
        json_object_set_new(response->headers, "retry-after", json_sprintf("%lld", f->retry_after));
    }
}

bool fault_before(const struct fault *fault, const struct service_info *info, struct principal *who,
                  struct sim_response *response)
{
    int status = 0;
    const char *code = NULL;
    switch (fault->action) {
    case ACTION_ERROR:
        wire_error(info, fault->status, fault->code, fault->text, NULL, response);
        retry_after(fault, response);
        return true;
    case ACTION_HTTP:
        response->status = fault->status;
        text_add(&response->body, fault->text);
        json_object_set_new(response->headers, "content-type", json_string("text/html"));
        retry_after(fault, response);
        return true;
    case ACTION_DROP:
        response->damage = fault->after ? DAMAGE_NONE : DAMAGE_DROP;
        return !fault->after;
    case ACTION_EXPIRE:
        if (who->token != NULL) {
            who->expires_ms = 1;
        }
        auth_error(info, AUTH_EXPIRED, "", &status, &code);
        wire_error(info, status, code, "The security token included in the request is expired",
                   NULL, response);
        return true;
    case ACTION_DELAY:
        response->delay_ms = (int)fault->number;
        return false;
    case ACTION_HOLD:
        response->hold = fault->hold->released ? NULL : fault->hold;
        return false;
    case ACTION_TRUNCATE:
    case ACTION_OVERSIZE:
    case ACTION_GARBAGE:
    case ACTION_SET:
    case ACTION_SKEW:
    case ACTION_FAIL:
    case ACTION_LEAVE_OUT:
    case ACTION_INTRUDER:
    case ACTION_REGION_OFF:
        return false;
    }
    return false;
}

/* Sets "a.b.0.c" where the way to it exists. */
static void set_at(json_t *at, const char *path, json_t *value)
{
    char step[128];
    size_t length = strcspn(path, ".");
    long long index = 0;
    snprintf(step, sizeof step, "%.*s", (int)length, path);
    bool last = path[length] == '\0';
    if (json_is_array(at) && str_number(step, 0, 1000000, &index)) {
        if (last) {
            json_array_set(at, (size_t)index, value);
        } else {
            set_at(json_array_get(at, (size_t)index), path + length + 1, value);
        }
    } else if (json_is_object(at)) {
        if (last) {
            json_object_set(at, step, value);
        } else {
            set_at(json_object_get(at, step), path + length + 1, value);
        }
    }
}

void fault_answer(const struct fault *fault, struct sim_call *call)
{
    const char *path = NULL;
    json_t *value = NULL;
    if (fault == NULL || fault->action != ACTION_SET) {
        return;
    }
    /* The answer may share values with the state: damage a copy. */
    json_t *copy = json_deep_copy(call->out);
    json_object_foreach(fault->set, path, value)
    {
        set_at(copy, path, value);
    }
    json_decref(call->out);
    call->out = copy;
}

void fault_after(const struct fault *fault, struct sim_response *response)
{
    if (fault == NULL) {
        return;
    }
    switch (fault->action) {
    case ACTION_DROP:
        response->damage = fault->after ? DAMAGE_DROP : response->damage;
        return;
    case ACTION_TRUNCATE:
        response->damage = DAMAGE_TRUNCATE;
        response->truncate_at = (size_t)fault->number;
        return;
    case ACTION_OVERSIZE:
        while (response->body.length < (size_t)fault->number && !text_failed(&response->body)) {
            text_add(&response->body,
                     "                                                                ");
        }
        return;
    case ACTION_GARBAGE:
        text_clear(&response->body);
        text_add(&response->body, fault->text);
        return;
    case ACTION_ERROR:
    case ACTION_HTTP:
    case ACTION_DELAY:
    case ACTION_HOLD:
    case ACTION_SET:
    case ACTION_EXPIRE:
    case ACTION_SKEW:
    case ACTION_FAIL:
    case ACTION_LEAVE_OUT:
    case ACTION_INTRUDER:
    case ACTION_REGION_OFF:
        return;
    }
}

#include "plan_form.h"

#include "model/plan.h"

#define AT(type, member) .at = offsetof(struct type, member)
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const struct plan_member call_members[] = {
    {.name = "operation", AT(plan_call, operation), .kind = KIND_OPERATION, .need = REQUIRED},
    {.name = "account", AT(plan_call, account), .kind = KIND_WORD},
    {.name = "region", AT(plan_call, region), .kind = KIND_WORD, .need = REQUIRED},
    {.name = "role", AT(plan_call, role), .kind = KIND_WORD, .null_written = true},
    {.name = "input", AT(plan_call, input), .kind = KIND_OBJECT, .empty_written = true},
    {.name = "fail_when", AT(plan_call, fail_when), .kind = KIND_CONDITION},
    {.name = "message", AT(plan_call, message), .kind = KIND_PATH},
    END};

static const struct plan_member select_members[] = {
    {.name = "list", AT(plan_select, list), .kind = KIND_PATH, .need = REQUIRED},
    {.name = "where", AT(plan_select, where), .kind = KIND_CONDITION, .need = REQUIRED},
    END};

static const struct plan_member probe_members[] = {
    {.name = "call", AT(plan_probe, call), .kind = KIND_CALL, .need = REQUIRED},
    {.name = "when", AT(plan_probe, when), .kind = KIND_CONDITION},
    {.name = "absent_is", AT(plan_probe, absent_is), .kind = KIND_BOOL},
    {.name = "select", AT(plan_probe, select), .kind = KIND_SELECT},
    {.name = "capture", AT(plan_probe, capture), .kind = KIND_PATHS},
    {.name = "says", AT(plan_probe, says), .kind = KIND_STRING},
    END};

static const struct plan_member poll_members[] = {
    {.name = "call", AT(plan_poll, call), .kind = KIND_CALL, .need = REQUIRED},
    {.name = "until", AT(plan_poll, until), .kind = KIND_CONDITION, .need = REQUIRED},
    {.name = "fail", AT(plan_poll, fail), .kind = KIND_CONDITION, .null_written = true},
    {.name = "every_seconds", AT(plan_poll, every_seconds), .kind = KIND_SECONDS},
    {.name = "timeout_seconds", AT(plan_poll, timeout_seconds), .kind = KIND_SECONDS},
    {.name = "message", AT(plan_poll, message), .kind = KIND_PATH},
    {.name = "capture", AT(plan_poll, capture), .kind = KIND_PATHS},
    END};

static const struct plan_member recover_members[] = {
    {.name = "probe", AT(plan_recover, probe), .kind = KIND_PROBE, .need = REQUIRED},
    {.name = "capture", AT(plan_recover, capture), .kind = KIND_PATHS},
    END};

static const struct plan_member merge_members[] = {
    {.name = "read", AT(plan_merge, read), .kind = KIND_CALL, .need = REQUIRED},
    {.name = "list", AT(plan_merge, list), .kind = KIND_PATH, .need = REQUIRED},
    {.name = "into", AT(plan_merge, into), .kind = KIND_PATH, .need = REQUIRED},
    {.name = "key", AT(plan_merge, key), .kind = KIND_WORD, .need = REQUIRED},
    {.name = "none_when", AT(plan_merge, none_when), .kind = KIND_WORD},
    {.name = "without", AT(plan_merge, without), .kind = KIND_STRINGS},
    END};

/* Its ARN is the key that it has in the object of calls. */
static const struct plan_member retry_call_members[] = {
    {.name = "send", AT(plan_retry_call, send), .kind = KIND_CALL, .need = REQUIRED},
    {.name = "merge", AT(plan_retry_call, merge), .kind = KIND_MERGE},
    END};

static const struct plan_member retry_members[] = {
    {.name = "failed", AT(plan_retry, failed), .kind = KIND_PATH, .need = REQUIRED},
    {.name = "calls", AT(plan_retry, calls), .kind = KIND_RETRY_CALLS, .need = REQUIRED},
    END};

static const struct plan_member step_members[] = {
    {.name = "id", AT(plan_step, id), .kind = KIND_WORD, .need = REQUIRED},
    {.name = "remedy", AT(plan_step, remedy), .kind = KIND_WORD, .need = REQUIRED},
    {.name = "step", AT(plan_step, step), .kind = KIND_COUNT, .need = REQUIRED},
    {.name = "title", AT(plan_step, title), .kind = KIND_WORD, .need = REQUIRED},
    {.name = "reasons", AT(plan_step, reasons), .kind = KIND_STRINGS, .empty_written = true},
    {.name = "risk", AT(plan_step, risk), .kind = KIND_RISK, .need = REQUIRED},
    {.name = "expected_seconds", AT(plan_step, expected_seconds), .kind = KIND_SECONDS},
    {.name = "needs", AT(plan_step, needs), .kind = KIND_STRINGS, .empty_written = true},
    {.name = "lane", AT(plan_step, concurrency_group), .kind = KIND_STRING},
    {.name = "done", AT(plan_step, done), .kind = KIND_PROBE, .null_written = true},
    {.name = "guard", AT(plan_step, preconditions), .kind = KIND_PROBES, .empty_written = true},
    {.name = "send", AT(plan_step, send), .kind = KIND_CALL, .need = REQUIRED},
    {.name = "poll", AT(plan_step, poll), .kind = KIND_POLL, .null_written = true},
    {.name = "capture", AT(plan_step, capture), .kind = KIND_PATHS, .empty_written = true},
    {.name = "recover", AT(plan_step, recover), .kind = KIND_RECOVER, .null_written = true},
    {.name = "undo", AT(plan_step, undo), .kind = KIND_STRING},
    {.name = "before", AT(plan_step, before), .kind = KIND_ANY, .null_written = true},
    {.name = "after", AT(plan_step, after), .kind = KIND_ANY, .null_written = true},
    {.name = "otherwise", AT(plan_step, retry), .kind = KIND_RETRY},
    END};

static const struct plan_member head_members[] = {
    {.name = "organization_id", AT(plan, organization_id), .kind = KIND_TEXT, .need = REQUIRED},
    {.name = "management_account",
     AT(plan, management_account),
     .kind = KIND_TEXT,
     .need = REQUIRED},
    {.name = "partition", AT(plan, partition), .kind = KIND_TEXT, .need = REQUIRED},
    {.name = "home_region", AT(plan, home_region), .kind = KIND_TEXT, .need = REQUIRED},
    {.name = "run_id", AT(plan, run_id), .kind = KIND_TEXT, .need = REQUIRED},
    {.name = "created", AT(plan, created), .kind = KIND_TEXT, .need = REQUIRED},
    {.name = "config_digest", AT(plan, config_digest), .kind = KIND_TEXT, .need = REQUIRED},
    {.name = "rules_digest", AT(plan, rules_digest), .kind = KIND_TEXT, .need = REQUIRED},
    END};

static const struct plan_member manual_members[] = {
    {.name = "finding_id", AT(plan_manual, finding_id), .kind = KIND_TEXT},
    {.name = "check_id", AT(plan_manual, check_id), .kind = KIND_TEXT},
    {.name = "subject", AT(plan_manual, subject), .kind = KIND_TEXT},
    {.name = "why", AT(plan_manual, why), .kind = KIND_TEXT},
    END};

static const struct plan_member deferred_members[] = {
    {.name = "id", AT(plan_deferred, id), .kind = KIND_TEXT},
    {.name = "title", AT(plan_deferred, title), .kind = KIND_TEXT},
    {.name = "reasons", AT(plan_deferred, reasons), .kind = KIND_STRINGS, .empty_written = true},
    {.name = "step", AT(plan_deferred, step), .kind = KIND_COUNT},
    {.name = "operation", AT(plan_deferred, operation), .kind = KIND_STRING},
    {.name = "account", AT(plan_deferred, account), .kind = KIND_STRING},
    {.name = "region", AT(plan_deferred, region), .kind = KIND_STRING},
    {.name = "waits_for", AT(plan_deferred, waits_for), .kind = KIND_TEXT},
    END};

static const struct plan_member remains_members[] = {
    {.name = "kind", AT(plan_remains, kind), .kind = KIND_TEXT},
    {.name = "account", AT(plan_remains, account), .kind = KIND_TEXT},
    {.name = "region", AT(plan_remains, region), .kind = KIND_TEXT},
    {.name = "name", AT(plan_remains, name), .kind = KIND_TEXT},
    {.name = "note", AT(plan_remains, note), .kind = KIND_TEXT},
    END};

const struct plan_form plan_head_form = {head_members, sizeof(struct plan)};
const struct plan_form plan_step_form = {step_members, sizeof(struct plan_step)};
const struct plan_form plan_manual_form = {manual_members, sizeof(struct plan_manual)};
const struct plan_form plan_deferred_form = {deferred_members, sizeof(struct plan_deferred)};
const struct plan_form plan_remains_form = {remains_members, sizeof(struct plan_remains)};

static const struct plan_form nested[] = {
    [KIND_CALL] = {call_members, sizeof(struct plan_call)},
    [KIND_PROBE] = {probe_members, sizeof(struct plan_probe)},
    [KIND_POLL] = {poll_members, sizeof(struct plan_poll)},
    [KIND_RECOVER] = {recover_members, sizeof(struct plan_recover)},
    [KIND_SELECT] = {select_members, sizeof(struct plan_select)},
    [KIND_RETRY] = {retry_members, sizeof(struct plan_retry)},
    [KIND_RETRY_CALL] = {retry_call_members, sizeof(struct plan_retry_call)},
    [KIND_MERGE] = {merge_members, sizeof(struct plan_merge)},
};

const struct plan_form *plan_form_of(enum plan_kind kind)
{
    bool known = (size_t)kind < sizeof nested / sizeof *nested && nested[kind].members != NULL;
    return known ? &nested[kind] : NULL;
}

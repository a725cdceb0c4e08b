#include "workflow/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/partition.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sums.h"
#include "base/text.h"
#include "recording.h"
#include "workflow/history.h"
#include "workflow/package.h"

#define SKEW_LOGGED_MS 60000 /* below that it can be the time an answer took */

int session_begin(struct session *s, const struct session_options *options,
                  const struct workflow_ui *ui, struct err *err)
{
    s->options = *options;
    s->ui = ui;
    if (criteria_load(&s->criteria, options->criteria, err) != 0 ||
        criteria_check_selection(&s->criteria, &options->selection, err) != 0 ||
        criteria_check_names(&s->criteria, options->only, "only", err) != 0) {
        return -1;
    }
    return reports_check(options->reports, err);
}

static bool env_true(const char *name)
{
    const char *value = env_get(name);
    return value != NULL && strcmp(value, "true") == 0;
}

/* --endpoint-url, then AWS_ENDPOINT_URL_<SERVICE>, then AWS_ENDPOINT_URL, then the profile's. */
static void endpoint_overrides(struct endpoint_rules *rules, const struct session *s)
{
    rules->override_all = s->options.endpoint_url;
    if (rules->override_all != NULL || env_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
        return;
    }
    for (int i = 0; i < SVC_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s",
                       service_info((enum service)i)->env_id);
        rules->override[i] = env_get(name);
    }
    const char *env = env_get("AWS_ENDPOINT_URL");
    rules->override_all = env != NULL ? env : s->source.endpoint_url;
}

static int find_source(struct session *s, struct err *err)
{
    if (s->source.origin != NULL) {
        return 0;
    }
    if (creds_find(s->options.profile, &s->source, err) != 0) {
        return -1;
    }
    size_t i;
    const json_t *role;
    json_array_foreach(jx_get(s->criteria.config.document, "roles"), i, role)
    {
        words_add(&s->roles, json_string_value(role));
    }
    return 0;
}

/* The number of the configuration, or 0. */
static double limit_of(const struct session *s, const char *path)
{
    const json_t *limit = jx_get(s->criteria.config.document, path);
    return limit != NULL ? json_number_value(limit) : 0;
}

static int make_client(struct session *s, bool read_only, struct aws_client **client,
                       struct err *err)
{
    const struct session_options *o = &s->options;
    if (find_source(s, err) != 0) {
        return -1;
    }
    struct aws_options options = {
        .read_only = read_only,
        .ca_bundle = s->source.ca_bundle,
        .roles = o->roles != NULL ? o->roles : words_list(&s->roles),
        .external_id = o->external_id,
        .session_seconds = o->session_seconds,
        .max_in_flight = o->max_workers > 0
                             ? o->max_workers
                             : (int)jx_int(s->criteria.config.document, "limits.max_workers", 64),
        .max_rate = o->max_rate > 0 ? o->max_rate : limit_of(s, "limits.max_rate"),
        .rate_share = limit_of(s, "limits.rate_share"),
        .unpaced = o->unpaced,
        .hear = s->recording != NULL && read_only ? recording_hear : NULL,
        .hear_context = s->recording,
        .endpoints = {.allow_http = o->allow_http,
                      .use_fips = env_true("AWS_USE_FIPS_ENDPOINT"),
                      .use_dual_stack = env_true("AWS_USE_DUALSTACK_ENDPOINT")},
    };
    endpoint_overrides(&options.endpoints, s);
    const char *region = o->home_region != NULL     ? o->home_region
                         : s->source.region != NULL ? s->source.region
                                                    : partition_of_region("")->global_region;
    struct endpoint endpoint;
    if (endpoint_resolve(&options.endpoints, op_find(SVC_STS, "GetCallerIdentity"), region,
                         &endpoint, err) != 0) {
        err->code = ERR_INPUT;
        return -1;
    }
    log_write(LOG_DEBUG,
              "client: %d concurrent calls at most, %g calls per second at most (0: any), %s",
              options.max_in_flight, options.max_rate,
              options.unpaced ? "without AWS's rate limits" : "within AWS's rate limits");
    if (aws_client_new(&options, &s->source, client, err) != 0) {
        return -1;
    }
    return aws_client_open(*client, region, err);
}

int session_connect(struct session *s, struct err *err)
{
    if (s->client != NULL) {
        return 0;
    }
    if (s->options.record != NULL && recording_open(s->options.record, &s->recording, err) != 0) {
        return -1;
    }
    return make_client(s, true, &s->client, err);
}

int session_writer(struct session *s, struct aws_client **client, struct err *err)
{
    return make_client(s, false, client, err);
}

/* Of the executable; "" without /proc: the version is all there is then. */
static void program_digest(char hex[SHA256_HEX_SIZE])
{
    char *path = path_of_executable();
    struct err ignored = ERR_INIT;
    if (path == NULL || file_sum(path, hex, &ignored) != 0) {
        hex[0] = '\0';
    }
    free(path);
}

static int describe_run(struct session *s, struct err *err)
{
    char id[37], now[TIME_ISO_SIZE], program[SHA256_HEX_SIZE];
    program_digest(program);
    random_uuid(id);
    time_iso(clock_wall_ms(NULL), now);
    const struct {
        const char *key, *value;
    } texts[] = {{"run_id", id},
                 {"started", now},
                 {"version", TOWERKEEP_VERSION},
                 {"program_digest", program},
                 {"rules_digest", rules_digest(s->criteria.rules)},
                 {"config_digest", s->criteria.config.digest},
                 {"credentials_origin", s->source.origin}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof texts[0]; i++) {
        rc = store_meta_set(s->store, texts[i].key, texts[i].value, err);
    }
    return rc;
}

int session_open_dir(struct session *s, const char *directory, struct err *err)
{
    return s->dir.path != NULL ? 0 : run_dir_open(&s->dir, directory, err);
}

static bool resumable(const char *directory)
{
    char *partial = path_join(directory, RUN_PARTIAL);
    bool there = file_exists(partial);
    free(partial);
    return there;
}

/* A wrong --previous is reported before the first API call. */
static int check_previous(const struct session *s, struct err *err)
{
    char *path = NULL;
    int rc = s->options.previous != NULL ? run_dir_find(s->options.previous, &path, err) : 0;
    free(path);
    return rc;
}

int session_open_run(struct session *s, struct err *err)
{
    const char *resume = s->options.resume;
    const char *directory = resume != NULL ? resume : s->options.output;
    if (resume != NULL && !resumable(directory)) {
        return err_set(err, ERR_INPUT, "%s: no interrupted run (no " RUN_PARTIAL ")", directory);
    }
    if (find_source(s, err) != 0 || session_open_dir(s, directory, err) != 0 ||
        check_previous(s, err) != 0) {
        return -1;
    }
    if (resume != NULL) {
        return store_open(s->dir.partial, false, &s->store, err);
    }
    if (file_exists(s->dir.partial)) {
        log_write(LOG_WARN,
                  "%s: replacing an interrupted run (--resume %s would have completed it)",
                  s->dir.partial, directory);
        run_dir_drop_partial(&s->dir);
    }
    return store_create(s->dir.partial, &s->store, err) != 0 ? -1 : describe_run(s, err);
}

/* After a teardown no landing zone names the backup key: the previous run in the directory does. */
static void find_earlier_key(struct session *s)
{
    struct store *previous = NULL;
    struct err ignored = ERR_INIT;
    if (s->backup_key == NULL && file_exists(s->dir.final) &&
        store_open(s->dir.final, true, &previous, &ignored) == 0) {
        s->backup_key = xstrdup(store_meta(previous, "backup_key"));
    }
    store_close(previous);
}

static void remember_key(struct session *s)
{
    const char *known = store_meta(s->store, "backup_key");
    if (known != NULL) {
        free(s->backup_key);
        s->backup_key = xstrdup(known);
    }
}

/* Ages are evaluated at the run's end, which is in AWS's time, whatever this machine's clock says.
 */
static int note_times(struct session *s, struct err *err)
{
    int64_t skew_ms = aws_client_skew_ms(s->client), started_ms = 0;
    char started[TIME_ISO_SIZE], ended[TIME_ISO_SIZE];
    bool wrong = llabs(skew_ms) > SKEW_LOGGED_MS;
    skew_ms = wrong ? skew_ms : 0;
    time_iso(clock_wall_ms(NULL) + skew_ms, ended);
    if (wrong && time_parse_iso(store_meta(s->store, "started"), &started_ms)) {
        log_write(LOG_WARN,
                  "this machine's clock is %lld seconds %s AWS's: the run uses AWS's time",
                  llabs(skew_ms) / 1000, skew_ms > 0 ? "behind" : "ahead of");
        /* A run that was killed after this and resumed has been moved already. */
        const char *moved = store_meta(s->store, "clock_skew_ms");
        long long moved_ms = 0;
        char skew[32];
        (void)(moved != NULL && str_number(moved, INT64_MIN, INT64_MAX, &moved_ms));
        (void)snprintf(skew, sizeof skew, "%lld", (long long)skew_ms);
        time_iso(started_ms + skew_ms - moved_ms, started);
        if (store_meta_set(s->store, "started", started, err) != 0 ||
            store_meta_set(s->store, "clock_skew_ms", skew, err) != 0) {
            return -1;
        }
    }
    return store_meta_set(s->store, "ended", ended, err);
}

static void collecting(void *context, const struct collect_progress *now)
{
    const struct session *s = context;
    if (s->ui->collecting != NULL) {
        s->ui->collecting(s->ui->context, now);
    }
}

static int run_collectors(struct session *s, struct err *err)
{
    const struct session_options *o = &s->options;
    const struct workflow_ui *ui = s->ui;
    struct collect_options options = {.config = &s->criteria.config,
                                      .accounts = o->accounts,
                                      .excluded_accounts = o->excluded_accounts,
                                      .regions = o->regions,
                                      .excluded_regions = o->excluded_regions,
                                      .ous = o->ous,
                                      .recovery_point_vaults = o->delete_recovery_points,
                                      .backup_key = s->backup_key,
                                      .home_region = o->home_region,
                                      .hint_region = s->source.region,
                                      .progress = collecting,
                                      .context = s,
                                      .stop = o->stop};
    if (ui->collect_started != NULL) {
        ui->collect_started(ui->context);
    }
    int rc = collect_run(s->client, s->store, &options, err);
    if (ui->collect_ended != NULL) {
        ui->collect_ended(ui->context);
    }
    return rc;
}

/* The recording ends with the reading; what it saw that this version does not read is the run's. */
static int keep_recording(struct session *s, struct err *err)
{
    struct recording_counts counts;
    char text[64];
    recording_counts(s->recording, &counts);
    (void)snprintf(text, sizeof text, "{\"members\":%zu,\"values\":%zu}", counts.members,
                   counts.values);
    int rc = store_meta_set(s->store, "unknown_in_answers", text, err);
    struct recording *done = s->recording;
    s->recording = NULL;
    if (rc != 0) {
        recording_free(done);
        return -1;
    }
    return recording_finish(done, s->client, err);
}

int session_collect(struct session *s, struct err *err)
{
    find_earlier_key(s);
    if (s->options.no_ungoverned) {
        json_object_set_new(jx_get(s->criteria.config.document, "scan"), "ungoverned_regions",
                            json_false());
    }
    int rc = run_collectors(s, err);
    remember_key(s);
    if (rc != 0 || note_times(s, err) != 0) {
        return -1;
    }
    struct aws_counters counters;
    aws_client_counters(s->client, &counters);
    char *calls =
        xasprintf("{\"calls\":%llu,\"retries\":%llu,\"throttles\":%llu,\"bytes\":%llu}",
                  counters.calls, counters.retries, counters.throttles, counters.bytes_in);
    rc = store_meta_set(s->store, "calls", calls, err);
    free(calls);
    return rc != 0 || s->recording == NULL ? rc : keep_recording(s, err);
}

int session_evaluate(struct session *s, struct err *err)
{
    const char *previous = s->options.previous != NULL ? s->options.previous
                           : file_exists(s->dir.final) ? s->dir.final
                                                       : NULL;
    /* First, because results depend on what earlier runs saw. */
    if (history_carry(s->store, previous, err) != 0 ||
        criteria_evaluate(&s->criteria, s->store, &s->options.selection, err) != 0 ||
        store_meta_set(s->store, "state", "judged", err) != 0) {
        return -1;
    }
    return store_commit(s->store, err);
}

static int publish_evidence(struct session *s, struct err *err)
{
    const struct report_job *job = s->options.reports;
    if (job->evidence) {
        words_add(&s->written, PACKAGE_FOLDER);
        return package_make(s->dir.path, s->store, job->sign_key, err);
    }
    if (package_drop(s->dir.path)) {
        log_write(LOG_WARN,
                  "%s/%s: removed, because it was the evidence of the previous run (--evidence "
                  "makes one of this run)",
                  s->dir.path, PACKAGE_FOLDER);
    }
    return 0;
}

/* The reports are written while the database still has its partial name: either all of the run is
 * there, or none. */
int session_publish(struct session *s, struct err *err)
{
    if (reports_write(s->options.reports, s->store, s->dir.path, &s->written, err) != 0) {
        return -1;
    }
    store_close(s->store);
    s->store = NULL;
    words_add(&s->written, RUN_FINAL);
    if (run_dir_publish(&s->dir, err) != 0 ||
        run_dir_sums(&s->dir, words_list(&s->written), err) != 0 ||
        store_open(s->dir.final, true, &s->store, err) != 0) {
        return -1;
    }
    return publish_evidence(s, err);
}

int session_scan(struct session *s, struct err *err)
{
    if (session_open_run(s, err) != 0 || session_connect(s, err) != 0 ||
        session_collect(s, err) != 0 || session_evaluate(s, err) != 0) {
        return -1;
    }
    return session_publish(s, err);
}

bool session_started(const struct session *s)
{
    return s->store != NULL && store_meta(s->store, "home_region") != NULL;
}

enum continuation session_abandon(struct session *s, const struct err *err)
{
    bool resumed = s->options.resume != NULL;
    /* A run with a scope that does not exist is of no use. */
    bool useless = err->code == ERR_INPUT && !resumed;
    bool kept = session_started(s) && !useless && file_exists(s->dir.partial);
    if (!kept && s->store != NULL && s->dir.partial != NULL && !resumed) {
        store_close(s->store);
        s->store = NULL;
        run_dir_drop_partial(&s->dir);
    }
    if (!kept && s->dir.lock != NULL) {
        run_dir_discard(&s->dir);
    }
    return s->plan_unfinished ? CONTINUE_SAME_COMMAND : kept ? CONTINUE_RESUME : CONTINUE_NOT;
}

void session_release(struct session *s)
{
    aws_client_free(s->client);
    recording_free(s->recording);
    store_close(s->store);
    creds_source_release(&s->source);
    run_dir_close(&s->dir);
    words_release(&s->roles);
    words_release(&s->written);
    free(s->backup_key);
    criteria_release(&s->criteria);
}

/* What a plan is made for, as the options say; borrowed from the session. */
static struct plan_options session_plan_options(const struct session *s)
{
    const struct session_options *o = &s->options;
    return (struct plan_options){.config = s->criteria.config.document,
                                 .checks = o->only,
                                 .checks_too = o->selection.checks,
                                 .excluded_checks = o->selection.excluded_checks,
                                 .accounts = o->accounts,
                                 .excluded_accounts = o->excluded_accounts,
                                 .regions = o->regions,
                                 .excluded_regions = o->excluded_regions,
                                 .ous = o->ous,
                                 .severities = o->selection.min_severity + 1,
                                 .only_step = o->only_step,
                                 .delete_key = o->delete_key,
                                 .close_accounts = o->close_accounts,
                                 .delete_recovery_points = o->delete_recovery_points};
}

static bool find_check(const void *session, const char *id, struct plan_check *out)
{
    const struct session *s = session;
    const struct rule *rule = rules_find(s->criteria.rules, id);
    if (rule != NULL) {
        *out = (struct plan_check){.step = rule->step,
                                   .remedy = rule->remedy != NULL ? rule->remedy : ""};
    }
    return rule != NULL;
}

struct plan_selection session_plan_selection(const struct session *s)
{
    return (struct plan_selection){.options = s->options.narrowed_by,
                                   .step = s->options.only_step,
                                   .checks = s->options.only,
                                   .find = find_check,
                                   .context = s,
                                   .left_out = s->left_out};
}

int session_make_plan(struct session *s, enum goal goal, const struct map *sent, struct plan **plan,
                      struct err *err)
{
    struct subjects *subjects = NULL;
    struct plan_options options = session_plan_options(s);
    options.sent = sent;
    int rc = subjects_new(s->store, options.config, &subjects, err);
    if (rc == 0) {
        rc = plan_make(s->store, subjects, goal, &options, plan, err);
    }
    if (rc == 0) {
        s->left_out =
            s->options.narrowed_by != NULL ? plan_left_out(s->store, subjects, &options, *plan) : 0;
    }
    subjects_free(subjects);
    return rc;
}

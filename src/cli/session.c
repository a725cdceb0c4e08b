#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sums.h"
#include "base/text.h"

#define SKEW_TOLD_MS 60000 /* below that it may be the time an answer took */
#define WORST_SHOWN 10

static int open_log(struct session *s, struct err *err)
{
    if (s->options.log_file) {
        s->log = fopen(s->options.log_file, "a");
        if (!s->log) {
            return err_set(err, ERR_INPUT, "%s: the log file cannot be written",
                           s->options.log_file);
        }
    }
    log_open(s->log ? s->log : stderr, (enum log_level)s->options.log_level);
    return 0;
}

int session_begin(struct session *s, struct err *err)
{
    signals_catch();
    return open_log(s, err) || setup_load(&s->options.setup, err) || session_check_flags(s, err)
               ? -1
               : 0;
}

static void endpoint_overrides(struct endpoint_rules *rules, const struct session *s)
{
    if (env_get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") &&
        strcmp(env_get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") == 0) {
        rules->override_all = s->options.endpoint_url;
        return;
    }
    for (int i = 0; i < SVC_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s", service_info((enum service)i)->env_id);
        rules->override[i] = s->options.endpoint_url ? NULL : env_get(name);
    }
    const char *env = env_get("AWS_ENDPOINT_URL");
    rules->override_all = s->options.endpoint_url ? s->options.endpoint_url
                          : env                   ? env
                                                  : s->source.endpoint_url;
}

static bool env_true(const char *name)
{
    const char *value = env_get(name);
    return value && strcmp(value, "true") == 0;
}

static int find_source(struct session *s, struct err *err)
{
    struct scan_options *o = &s->options;
    if (s->source.origin) {
        return 0;
    }
    if (creds_find(o->profile, &s->source, err)) {
        return -1;
    }
    if (o->roles.count == 0) {
        size_t i;
        json_t *role;
        json_array_foreach(jx_get(o->setup.config.document, "roles"), i, role)
        {
            words_add(&o->roles, json_string_value(role));
        }
    }
    return 0;
}

static int make_client(struct session *s, bool read_only, struct aws_client **client,
                       struct err *err)
{
    struct scan_options *o = &s->options;
    const json_t *config = o->setup.config.document;
    if (find_source(s, err)) {
        return -1;
    }
    struct aws_options options = {
        .read_only = read_only,
        .ca_bundle = s->source.ca_bundle,
        .roles = words_list(&o->roles),
        .external_id = o->external_id,
        .session_seconds = o->session_seconds,
        .max_in_flight =
            o->max_workers ? o->max_workers : (int)jx_int(config, "limits.max_workers", 64),
        .max_rate = o->max_rate,
        .unpaced = o->unpaced,
        .endpoints = {.allow_http = o->allow_http,
                      .use_fips = env_true("AWS_USE_FIPS_ENDPOINT"),
                      .use_dual_stack = env_true("AWS_USE_DUALSTACK_ENDPOINT")},
    };
    json_t *share = jx_get(config, "limits.rate_share");
    options.rate_share = share ? json_number_value(share) : 0;
    if (options.max_rate <= 0) {
        json_t *rate = jx_get(config, "limits.max_rate");
        options.max_rate = rate ? json_number_value(rate) : 0;
    }
    endpoint_overrides(&options.endpoints, s);
    const char *region = o->home_region     ? o->home_region
                         : s->source.region ? s->source.region
                                            : "us-east-1";
    struct endpoint endpoint;
    if (endpoint_resolve(&options.endpoints, op_find(SVC_STS, "GetCallerIdentity"), region,
                         &endpoint, err)) {
        err->code = ERR_INPUT;
        return -1;
    }
    return aws_client_new(&options, &s->source, client, err) ||
                   aws_client_open(*client, region, err)
               ? -1
               : 0;
}

int session_connect(struct session *s, struct err *err)
{
    return s->client ? 0 : make_client(s, true, &s->client, err);
}

int session_writer(struct session *s, struct aws_client **client, struct err *err)
{
    return make_client(s, false, client, err);
}

/* Of the executable; "" where there is no /proc: the version has to do. */
static void program_digest(char hex[SHA256_HEX_SIZE])
{
    char path[4096];
    struct err ignored = ERR_INIT;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    if (length <= 0 || file_sum(path, hex, &ignored)) {
        hex[0] = '\0';
    }
}

static int describe_run(struct session *s, struct err *err)
{
    const struct setup *setup = &s->options.setup;
    char id[37], now[TIME_ISO_SIZE], program[SHA256_HEX_SIZE];
    program_digest(program);
    random_uuid(id);
    time_iso(clock_wall_ms(NULL), now);
    return store_meta_set(s->store, "run_id", id, err) ||
                   store_meta_set(s->store, "started", now, err) ||
                   store_meta_set(s->store, "version", TOWERKEEP_VERSION, err) ||
                   store_meta_set(s->store, "program_digest", program, err) ||
                   store_meta_set(s->store, "rules_digest", rules_digest(setup->rules), err) ||
                   store_meta_set(s->store, "config_digest", setup->config.digest, err) ||
                   store_meta_set(s->store, "credentials_origin", s->source.origin, err)
               ? -1
               : 0;
}

int session_open_dir(struct session *s, const char *directory, struct err *err)
{
    return s->dir.path ? 0 : run_dir_open(&s->dir, directory, err);
}

static bool resumable(const char *directory)
{
    char *partial = path_join(directory, "run.partial.db");
    bool there = file_exists(partial);
    free(partial);
    return there;
}

int session_open_run(struct session *s, struct err *err)
{
    const char *directory = s->options.resume ? s->options.resume : s->options.output;
    if (s->options.resume && !resumable(directory)) {
        return err_set(err, ERR_INPUT, "%s: holds no interrupted run (no run.partial.db)",
                       directory);
    }
    if (find_source(s, err) || session_open_dir(s, directory, err)) {
        return -1;
    }
    if (s->options.previous) {
        char *previous = NULL;
        int rc = run_dir_find(s->options.previous, &previous, err);
        free(previous);
        if (rc) {
            return -1;
        }
    }
    if (s->options.resume) {
        return store_open(s->dir.partial, false, &s->store, err);
    }
    if (file_exists(s->dir.partial)) {
        log_write(
            LOG_WARN,
            "%s: an interrupted run is there; starting anew (--resume would have completed it)",
            s->dir.partial);
        run_dir_drop_partial(&s->dir);
    }
    return store_create(s->dir.partial, &s->store, err) || describe_run(s, err) ? -1 : 0;
}

/* What the run before this one in the directory knew: after a teardown no landing zone names it. */
static void find_earlier_key(struct session *s)
{
    struct store *before = NULL;
    struct err ignored = ERR_INIT;
    if (!s->backup_key && file_exists(s->dir.final) &&
        store_open(s->dir.final, true, &before, &ignored) == 0) {
        s->backup_key = xstrdup(store_meta(before, "backup_key"));
    }
    store_close(before);
}

static void remember_key(struct session *s)
{
    const char *known = store_meta(s->store, "backup_key");
    if (known) {
        free(s->backup_key);
        s->backup_key = xstrdup(known);
    }
}

/* Ages are judged by the run's end: it is in AWS's time, whatever this machine's clock says. */
static int note_times(struct session *s, struct err *err)
{
    int64_t skew_ms = aws_client_skew_ms(s->client), started_ms = 0;
    char started[TIME_ISO_SIZE], ended[TIME_ISO_SIZE];
    bool wrong = llabs(skew_ms) > SKEW_TOLD_MS;
    skew_ms = wrong ? skew_ms : 0;
    time_iso(clock_wall_ms(NULL) + skew_ms, ended);
    if (wrong && time_parse_iso(store_meta(s->store, "started"), &started_ms)) {
        log_write(LOG_WARN, "this machine's clock is %lld seconds %s AWS's: the run has AWS's time",
                  llabs(skew_ms) / 1000, skew_ms > 0 ? "behind" : "ahead of");
        /* A run that was killed after this and resumed has been moved already. */
        const char *moved = store_meta(s->store, "clock_skew_ms");
        long long moved_ms = 0;
        char skew[32];
        (void)(moved && str_number(moved, INT64_MIN, INT64_MAX, &moved_ms));
        (void)snprintf(skew, sizeof skew, "%lld", (long long)skew_ms);
        time_iso(started_ms + skew_ms - moved_ms, started);
        if (store_meta_set(s->store, "started", started, err) ||
            store_meta_set(s->store, "clock_skew_ms", skew, err)) {
            return -1;
        }
    }
    return store_meta_set(s->store, "ended", ended, err);
}

int session_collect(struct session *s, struct err *err)
{
    const struct scan_options *o = &s->options;
    struct progress progress;
    find_earlier_key(s);
    struct config *config = &s->options.setup.config;
    if (o->no_ungoverned) {
        json_object_set_new(jx_get(config->document, "scan"), "ungoverned_regions", json_false());
    }
    struct collect_options options = {
        .config = config,
        .accounts = words_list(&o->accounts),
        .excluded_accounts = words_list(&o->excluded_accounts),
        .regions = words_list(&o->regions),
        .excluded_regions = words_list(&o->excluded_regions),
        .ous = words_list(&o->ous),
        .recovery_point_vaults = words_list(&o->delete_recovery_points),
        .backup_key = s->backup_key,
        .home_region = o->home_region ? o->home_region : NULL,
        .hint_region = s->source.region,
        .progress = progress_tell,
        .context = &progress,
        .stop = &signal_received,
    };
    progress_start(&progress, o->progress);
    int rc = collect_run(s->client, s->store, &options, err);
    progress_end(&progress);
    struct aws_counters counters;
    aws_client_counters(s->client, &counters);
    char *calls =
        xasprintf("{\"calls\":%llu,\"retries\":%llu,\"throttles\":%llu,\"bytes\":%llu}",
                  counters.calls, counters.retries, counters.throttles, counters.bytes_in);
    remember_key(s);
    if (rc == 0) {
        rc = note_times(s, err) || store_meta_set(s->store, "calls", calls, err) ? -1 : 0;
    }
    free(calls);
    return rc;
}

int session_judge(struct session *s, struct err *err)
{
    if (history_carry(s, err)) { /* first: what earlier runs saw counts in judging */
        return -1;
    }
    const struct scan_options *o = &s->options;
    json_decref(s->rules);
    struct check_options options = {.checks = words_list(&o->checks),
                                    .excluded_checks = words_list(&o->excluded_checks),
                                    .min_severity = o->min_severity,
                                    .now_iso = store_meta(s->store, "ended")};
    return setup_judge(&o->setup, s->store, options, &s->rules, err) ||
                   store_meta_set(s->store, "state", "judged", err) || store_commit(s->store, err)
               ? -1
               : 0;
}

static int publish_evidence(struct session *s, struct err *err)
{
    const struct report_job *job = &s->options.reports;
    if (job->evidence) {
        words_add(&s->written, PACKAGE_FOLDER);
        return package_make(s->dir.path, s->store, job->sign_key, err);
    }
    if (package_drop(s->dir.path)) {
        log_write(LOG_WARN,
                  "%s/%s was of the run before this one: it was removed (--evidence "
                  "makes one of this run)",
                  s->dir.path, PACKAGE_FOLDER);
    }
    return 0;
}

/* The reports are written while the database still has its partial name: either all of the run is
 * there, or none. */
int session_publish(struct session *s, struct err *err)
{
    if (reports_write(&s->options.reports, s->store, s->options.setup.config.document, s->rules,
                      s->dir.path, &s->written, err)) {
        return -1;
    }
    store_close(s->store);
    s->store = NULL;
    words_add(&s->written, "run.db");
    if (run_dir_publish(&s->dir, err) || run_dir_sums(&s->dir, words_list(&s->written), err)) {
        return -1;
    }
    return store_open(s->dir.final, true, &s->store, err) || publish_evidence(s, err) ? -1 : 0;
}

int session_conclude(struct session *s, struct err *err)
{
    const struct scan_options *o = &s->options;
    struct report_summary summary;
    if (report_summarize(s->store, &summary, err)) {
        return -1;
    }
    bool color = color_wanted(o->no_color, stdout);
    summary_print(stdout, s->store, &summary, color);
    print_findings(stdout, s->store, WORST_SHOWN, o->statuses, color);
    puts("");
    for (size_t i = 0; !o->hide_files && i < s->written.count; i++) {
        printf("%s %s/%s\n", i ? "        " : "Written:", s->dir.path, s->written.items[i]);
    }
    return session_exit_code(o, &summary);
}

int session_exit_code(const struct scan_options *o, const struct report_summary *summary)
{
    int64_t counted = 0;
    for (int severity = 0; severity <= o->fail_on; severity++) {
        counted += summary->fail_by_severity[severity];
    }
    if (summary->verdict == VERDICT_INCOMPLETE) {
        return EXIT_INCOMPLETE;
    }
    return counted > 0 && !o->ignore_exit_3 ? EXIT_FAILING : EXIT_OK;
}

void session_release(struct session *s)
{
    aws_client_free(s->client);
    store_close(s->store);
    creds_source_release(&s->source);
    run_dir_close(&s->dir);
    words_release(&s->written);
    free(s->backup_key);
    json_decref(s->rules);
    scan_options_release(&s->options);
    if (s->log) {
        log_open(stderr, LOG_WARN);
        fclose(s->log);
    }
}

/* What stopped the scan, in one line, with the exit status that fits and the way on. */
int session_stopped(struct session *s, const struct err *err)
{
    bool started = s->store && store_meta(s->store, "home_region");
    /* A run that was asked for what is not there is of no use to anybody. */
    bool useless = err->code == ERR_INPUT && !s->options.resume;
    bool kept = started && !useless && file_exists(s->dir.partial);
    char *way_on =
        s->pending ? xstrdup(err->code == ERR_INTERRUPTED ? "" : "; the same command goes on")
        : kept
            ? xasprintf("; what was read is kept: towerkeep scan --resume %s goes on", s->dir.path)
            : NULL;
    int code = cli_fail_and(err, way_on ? way_on : "");
    free(way_on);
    if (!kept && s->store && s->dir.partial && !s->options.resume) {
        store_close(s->store);
        s->store = NULL;
        run_dir_drop_partial(&s->dir);
    }
    if (!kept && s->dir.lock) {
        run_dir_discard(&s->dir);
    }
    if (signal_received) {
        return EXIT_SIGNAL + (int)signal_received;
    }
    return started && err->code == ERR_CREDENTIALS ? EXIT_INCOMPLETE : code;
}

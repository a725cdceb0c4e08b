/*
 * A plan as a shell script of AWS CLI commands, for reading and for running by hand. What AWS or an
 * owner named stands only within quotes, or made printable within comments.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "emit.h"
#include "jmespath.h"
#include "jq.h"
#include "plan/make.h"

#define SCRIPT_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define POLL_SECONDS 30 /* where the plan does not say */
#define POLL_TIMEOUT_SECONDS 7200

/* --- words --- */

static bool is_plain(const char *s)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@-";
    return *s != '\0' && s[strspn(s, plain)] == '\0';
}

/* The variable a placeholder at `at` stands for, or NULL; *length: bytes of the placeholder. */
static const char *variable_at(const struct script *s, const char *at, size_t *length)
{
    const char *end = strncmp(at, "${", 2) == 0 ? strchr(at, '}') : NULL;
    if (end == NULL) {
        return NULL;
    }
    *length = (size_t)(end - at) + 1;
    char *name = xstrndup(at, *length);
    const char *variable = map_get(s->variables, name);
    free(name);
    return variable;
}

/* One word for the shell: quoted where needed, placeholders as "$variable" between the quotes. */
void script_word(struct script *s, const char *value)
{
    bool open = false;
    if (is_plain(value)) {
        text_add(&s->out, value);
        return;
    }
    for (const char *at = value; *at != '\0';) {
        size_t length = 0;
        const char *variable = variable_at(s, at, &length);
        if (variable != NULL) {
            text_addf(&s->out, "%s\"$%s\"", open ? "'" : "", variable);
            open = false;
            at += length;
            continue;
        }
        if (!open) {
            text_addc(&s->out, '\'');
            open = true;
        }
        at += strncmp(at, "$${", 3) == 0 ? 1 : 0;
        if (*at == '\'') {
            text_add(&s->out, "'\\''");
        } else {
            text_addc(&s->out, *at);
        }
        at++;
    }
    text_add(&s->out, open ? "'" : *value == '\0' ? "''" : "");
}

/* A word that reaches a terminal. */
void script_spoken(struct script *s, const char *value)
{
    struct text text;
    text_init(&text, EXPRESSION_BYTES_MAX);
    text_add_printable(&text, value, strlen(value));
    script_word(s, text_str(&text));
    text_release(&text);
}

void script_comment(struct script *s, const char *indent, const char *label, const char *value)
{
    text_addf(&s->out, "%s# %s", indent, label);
    text_add_printable(&s->out, value, strlen(value));
    text_addc(&s->out, '\n');
}

/* "EnableAWSServiceAccess" -> enable-aws-service-access, as the AWS CLI names its commands. */
static void kebab(const char *name, struct text *out)
{
    for (size_t i = 0; name[i] != '\0'; i++) {
        bool upper = isupper((unsigned char)name[i]) != 0;
        bool after_lower =
            i > 0 && (islower((unsigned char)name[i - 1]) || isdigit((unsigned char)name[i - 1]));
        bool before_lower = i > 0 && islower((unsigned char)name[i + 1]);
        if (upper && (after_lower || before_lower)) {
            text_addc(out, '-');
        }
        text_addc(out, (char)tolower((unsigned char)name[i]));
    }
}

static const char *cli_service(const char *ours)
{
    static const char *const names[][2] = {{"tagging", "resourcegroupstaggingapi"},
                                           {"s3", "s3api"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_equal(ours, names[i][0])) {
            return names[i][1];
        }
    }
    return ours;
}

/* EC2's lists are named one way on the wire, and another by the CLI. */
static json_t *cli_input(const char *operation, const json_t *input)
{
    static const char *const names[][2] = {{"ResourceId", "Resources"}, {"Tag", "Tags"}};
    json_t *out = input != NULL ? json_copy(jx_mutable(input)) : json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names && str_starts(operation, "ec2:"); i++) {
        json_t *value = json_object_get(out, names[i][0]);
        if (value != NULL) {
            (void)json_object_set(out, names[i][1], value);
            (void)json_object_del(out, names[i][0]);
        }
    }
    return out;
}

/* --- commands --- */

/* "with ACCOUNT ROLE aws SERVICE COMMAND --region R --cli-input-json '...'" */
void script_command(struct script *s, const struct plan_call *call)
{
    const char *operation = call->operation;
    const char *role = call->role;
    const json_t *input = call->input;
    size_t colon = strcspn(operation, ":");
    char *service = xstrndup(operation, colon);
    if (role != NULL) {
        text_add(&s->out, "with ");
        script_word(s, call->account != NULL ? call->account : "");
        text_addc(&s->out, ' ');
        script_word(s, role);
        text_addc(&s->out, ' ');
    }
    text_addf(&s->out, "aws %s ", cli_service(service));
    kebab(operation[colon] == ':' ? operation + colon + 1 : "", &s->out);
    text_add(&s->out, " --region ");
    script_word(s, call->region);
    if (json_object_size(input) > 0) {
        json_t *spoken_input = cli_input(operation, input);
        char *json = json_dumps(spoken_input, JSON_COMPACT | JSON_ENSURE_ASCII);
        text_add(&s->out, " --cli-input-json ");
        script_word(s, json);
        free(json);
        json_decref(spoken_input);
    }
    free(service);
}

void script_query(struct script *s, const char *expression)
{
    text_add(&s->out, " --query ");
    script_word(s, expression);
}

static const char *absent_word(const struct plan_probe *probe)
{
    return probe->absent_is ? "true" : "false";
}

/* "jq_holds ABSENT PROGRAM IS command"; false when jq cannot say it either. */
static bool jq_holds(struct script *s, const struct plan_probe *probe)
{
    struct text program;
    json_t *literals = json_array();
    text_init(&program, EXPRESSION_BYTES_MAX);
    bool well = jq_probe(probe, literals, &program) && !text_failed(&program);
    if (well) {
        char *json = json_dumps(literals, JSON_COMPACT | JSON_ENSURE_ASCII);
        text_addf(&s->out, "jq_holds %s ", absent_word(probe));
        script_word(s, text_str(&program));
        text_addc(&s->out, ' ');
        script_word(s, json);
        text_addc(&s->out, ' ');
        script_command(s, probe->call);
        free(json);
        s->needs_jq = true;
    }
    json_decref(literals);
    text_release(&program);
    return well;
}

/* "holds ABSENT command --query expression", or by jq where JMESPath cannot say it. */
static void holds(struct script *s, const struct plan_step *step, const struct plan_probe *probe)
{
    struct text expression;
    text_init(&expression, EXPRESSION_BYTES_MAX);
    if (jmespath_probe(probe, &expression) && !text_failed(&expression)) {
        text_addf(&s->out, "holds %s ", absent_word(probe));
        script_command(s, probe->call);
        script_query(s, text_str(&expression));
    } else if (!jq_holds(s, probe)) {
        s->unsayable = step;
    }
    text_release(&expression);
}

static char *reference(const char *step, const char *name)
{
    return xasprintf("${%s:%s}", step, name);
}

/* answer=$(command --query '[paths]' --output text), and the variables from it. `within`: an
   expression that the paths start from, or "". */
static void captured(struct script *s, const char *indent, const char *step,
                     const struct plan_call *call, const char *within,
                     const struct plan_captures *captures)
{
    struct text paths;
    struct text names;
    text_init(&paths, EXPRESSION_BYTES_MAX);
    text_init(&names, EXPRESSION_BYTES_MAX);
    text_addf(&paths, "%s[", within);
    for (size_t i = 0; i < captures->count; i++) {
        char *key = reference(step, captures->items[i].name);
        const char *variable = map_get(s->variables, key);
        text_add(&paths, names.length > 0 ? "," : "");
        jmespath_path(captures->items[i].path, &paths);
        text_addf(&names, " %s", variable != NULL ? variable : "_");
        free(key);
    }
    text_addc(&paths, ']');
    text_addf(&s->out, "%sanswer=$(", indent);
    script_command(s, call);
    script_query(s, text_str(&paths));
    text_addf(&s->out, " --output text)\n%sread -r%s <<<\"$answer\"\n", indent, text_str(&names));
    text_release(&paths);
    text_release(&names);
}

/* --- a step --- */

static void emit_reasons(struct script *s, const struct plan_step *step)
{
    struct text text;
    text_init(&text, EXPRESSION_BYTES_MAX);
    for (size_t i = 0; i < step->reasons.count; i++) {
        text_addf(&text, "%s%s", i > 0 ? ", " : "", step->reasons.items[i]);
    }
    script_comment(s, "", "Because of ", text_str(&text));
    text_release(&text);
}

static void emit_preconditions(struct script *s, const struct plan_step *step)
{
    for (size_t i = 0; i < step->preconditions.count; i++) {
        const struct plan_probe *probe = step->preconditions.items[i];
        text_add(&s->out, "if ! ");
        holds(s, step, probe);
        text_add(&s->out, "; then\n  stop ");
        script_spoken(s, probe->says != NULL ? probe->says
                                             : "a precondition of this step no longer holds");
        text_add(&s->out, "\nfi\n");
    }
}

static void emit_poll(struct script *s, const char *indent, const struct plan_step *step)
{
    const struct plan_poll *poll = step->poll;
    struct text until;
    struct text fail;
    text_init(&until, EXPRESSION_BYTES_MAX);
    text_init(&fail, EXPRESSION_BYTES_MAX);
    long long every = poll->every_seconds < 0 ? POLL_SECONDS : (long long)poll->every_seconds;
    long long timeout =
        poll->timeout_seconds < 0 ? POLL_TIMEOUT_SECONDS : (long long)poll->timeout_seconds;
    if (!jmespath_condition(poll->until, &until)) {
        s->unsayable = step;
        goto out;
    }
    text_addf(&s->out, "%swaited=0\n%suntil holds false ", indent, indent);
    script_command(s, poll->call);
    script_query(s, text_str(&until));
    text_add(&s->out, "; do\n");
    if (poll->fail != NULL && jmespath_condition(poll->fail, &fail)) {
        text_addf(&s->out, "%s  if holds false ", indent);
        script_command(s, poll->call);
        script_query(s, text_str(&fail));
        text_addf(&s->out, "; then\n%s    stop ", indent);
        script_spoken(s, step->id);
        text_addf(&s->out, "' failed'\n%s  fi\n", indent);
    }
    text_addf(&s->out, "%s  if [ \"$waited\" -ge %lld ]; then\n%s    stop ", indent, timeout,
              indent);
    script_spoken(s, step->id);
    text_addf(&s->out, "' has timed out'\n%s  fi\n%s  sleep %lld\n%s  waited=$((waited + %lld))\n",
              indent, indent, every, indent, every);
    text_addf(&s->out, "%sdone\n", indent);
    if (poll->capture.count > 0) {
        captured(s, indent, step->id, poll->call, "", &poll->capture);
    }
out:
    text_release(&until);
    text_release(&fail);
}

static void emit_send(struct script *s, const char *indent, const struct plan_step *step)
{
    const struct plan_call *send = step->send;
    struct text fail;
    text_init(&fail, EXPRESSION_BYTES_MAX);
    if (step->capture.count > 0) {
        captured(s, indent, step->id, send, "", &step->capture);
    } else if (step->retry != NULL) {
        script_per_resource_retry(s, indent, step);
    } else if (send->fail_when != NULL && jmespath_condition(send->fail_when, &fail)) {
        text_addf(&s->out, "%sanswer=$(", indent);
        script_command(s, send);
        script_query(s, text_str(&fail));
        text_addf(&s->out, " --output json)\n%s[ \"$answer\" != true ] || stop ", indent);
        script_spoken(s, step->id);
        text_add(&s->out, "': AWS refused a part of the request'\n");
    } else {
        text_add(&s->out, indent);
        script_command(s, send);
        text_addc(&s->out, '\n');
    }
    if (step->poll != NULL) {
        emit_poll(s, indent, step);
    }
    text_release(&fail);
}

/* What others use of a step that was done before the script ran. */
static void emit_supplies(struct script *s, const struct plan_step *step)
{
    const struct plan_probe *probe = step->done;
    const struct plan_captures *captures = probe != NULL ? &probe->capture : NULL;
    if ((captures == NULL || captures->count == 0) && step->recover != NULL) {
        probe = step->recover->probe;
        captures = step->recover->capture.count > 0 ? &step->recover->capture : &probe->capture;
    }
    if (captures == NULL || captures->count == 0) {
        text_add(&s->out, "  :\n");
        return;
    }
    struct text within;
    text_init(&within, EXPRESSION_BYTES_MAX);
    if (probe->select != NULL) {
        jmespath_path(probe->select->list, &within);
        text_add(&within, "[?");
        (void)jmespath_condition(probe->select->where, &within);
        text_add(&within, "] | [0].");
    }
    captured(s, "  ", step->id, probe->call, text_str(&within), captures);
    text_release(&within);
}

static void emit_step(struct script *s, const struct plan_step *step, size_t number, size_t count)
{
    text_addf(&s->out, "\n# --- %zu of %zu: ", number, count);
    text_add_printable(&s->out, step->id, strlen(step->id));
    text_addc(&s->out, '\n');
    script_comment(s, "", "", step->title);
    emit_reasons(s, step);
    script_comment(s, "", "Risk: ", plan_risk_name(step->risk));
    script_comment(s, "", "Undone by: ", step->undo != NULL ? step->undo : "");
    text_add(&s->out, "say ");
    script_spoken(s, step->title);
    text_addc(&s->out, '\n');
    emit_preconditions(s, step);
    if (step->done == NULL) {
        emit_send(s, "", step);
        return;
    }
    text_add(&s->out, "if ");
    holds(s, step, step->done);
    text_add(&s->out, "; then\n");
    emit_supplies(s, step);
    text_add(&s->out, "else\n");
    emit_send(s, "  ", step);
    text_add(&s->out, "fi\n");
}

/* --- the script --- */

static void name_captures(struct script *s, const char *id, size_t number,
                          const struct plan_captures *captures)
{
    for (size_t i = 0; i < captures->count; i++) {
        char *key = reference(id, captures->items[i].name);
        char *variable = xasprintf("%.40s_%.40s_%zu", id, captures->items[i].name, number);
        for (char *c = variable; *c != '\0'; c++) {
            *c = isalnum((unsigned char)*c) ? *c : '_';
        }
        map_set(s->variables, key, variable);
        free(key);
    }
}

static void name_variables(struct script *s, const struct plan_steps *steps)
{
    static const struct plan_captures none = {NULL, 0};
    for (size_t i = 0; i < steps->count; i++) {
        const struct plan_step *step = steps->items[i];
        const struct plan_captures *holders[] = {
            &step->capture, step->poll != NULL ? &step->poll->capture : &none,
            step->done != NULL ? &step->done->capture : &none,
            step->recover != NULL ? &step->recover->capture : &none};
        for (size_t k = 0; k < sizeof holders / sizeof *holders; k++) {
            name_captures(s, step->id, i + 1, holders[k]);
        }
    }
}

static void emit_deferred(struct script *s, const struct plan *plan)
{
    text_add(&s->out, plan->deferred_count > 0 ? "\n# Deferred, and not in this script:\n" : "");
    for (size_t i = 0; i < plan->deferred_count; i++) {
        const struct plan_deferred *row = &plan->deferred[i];
        char *line = xasprintf("%s waits for %s", row->id, row->waits_for);
        script_comment(s, "", "", line);
        free(line);
    }
}

static void emit_manual(struct script *s, const struct plan *plan)
{
    text_add(&s->out, plan->manual_count > 0 ? "\n# Manual tasks:\n" : "");
    for (size_t i = 0; i < plan->manual_count; i++) {
        const struct plan_manual *row = &plan->manual[i];
        char *line = xasprintf("%s %s: %s", row->check_id, row->subject, row->why);
        script_comment(s, "", "", line);
        free(line);
    }
}

static int put_out(const struct text *text, FILE *out, struct err *err)
{
    if (text_failed(text)) {
        return err_set(err, ERR_INPUT, "the plan is too large for a script");
    }
    if (fwrite(text_str(text), 1, text->length, out) != text->length) {
        return err_set(err, ERR_IO, "cannot write the script");
    }
    return 0;
}

int plan_emit_aws_cli(const struct plan *plan, FILE *out, struct err *err)
{
    struct script s = {.variables = map_new(free)};
    const struct plan_steps *steps = &plan->steps;
    int rc = 0;
    text_init(&s.out, SCRIPT_BYTES_MAX);
    name_variables(&s, steps);
    map_set(s.variables, SCRIPT_MERGED, xstrdup("merged"));
    for (size_t i = 0; i < steps->count; i++) {
        emit_step(&s, steps->items[i], i + 1, steps->count);
    }
    emit_deferred(&s, plan);
    emit_manual(&s, plan);
    /* The steps tell what the head has to hold. */
    struct text body = s.out;
    text_init(&s.out, SCRIPT_BYTES_MAX);
    script_head(&s, plan);
    if (s.unsayable != NULL) {
        rc = err_set(
            err, ERR_INPUT,
            "step %.200s has a condition that a script cannot evaluate: use towerkeep apply",
            s.unsayable->id);
    }
    rc = rc == 0 ? put_out(&s.out, out, err) : rc;
    rc = rc == 0 ? put_out(&body, out, err) : rc;
    text_release(&s.out);
    text_release(&body);
    map_free(s.variables);
    return rc;
}

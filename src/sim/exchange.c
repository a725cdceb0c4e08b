#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

void sim_vfail(struct sim_call *call, int status, const char *code, const char *format,
               va_list args)
{
    call->status = status;
    snprintf(call->code, sizeof call->code, "%s", code);
    vsnprintf(call->message, sizeof call->message, format, args);
}

int sim_fail(struct sim_call *call, int status, const char *code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    sim_vfail(call, status, code, format, list);
    va_end(list);
    return -1;
}

void sim_request_release(struct sim_request *r)
{
    free(r->target);
    free(r->path);
    free(r->query);
    wire_pairs_free(r->headers, r->header_count);
    text_release(&r->body);
    *r = (struct sim_request){0};
}

const char *sim_request_header(const struct sim_request *r, const char *lower_name)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (strcmp(r->headers[i].name, lower_name) == 0) {
            return r->headers[i].value;
        }
    }
    return NULL;
}

void sim_response_init(struct sim_response *r)
{
    *r = (struct sim_response){0};
    r->headers = json_object();
    text_init(&r->body, SIM_ANSWER_MAX);
}

void sim_response_release(struct sim_response *r)
{
    json_decref(r->headers);
    text_release(&r->body);
    *r = (struct sim_response){0};
}

/* What one exchange is about, as far as it is known. */
struct exchange {
    struct sim *sim;
    const struct sim_request *request;
    struct sim_response *response;
    const struct service_info *info;
    struct caller caller;
    struct route *route;
    json_t *labels;
    struct sim_call call;
    const struct fault *fault;
    bool denied; /* by a policy */
};

static void answer_error(struct exchange *x, int status, const char *code, const char *message)
{
    wire_error(x->info, status, code, message, NULL, x->response);
}

static void answer_auth(struct exchange *x, enum auth_problem problem, const char *why)
{
    int status = 0;
    const char *code = NULL;
    auth_error(x->info, problem, why, &status, &code);
    answer_error(x, status, code, why);
}

/* Nobody knows which service was meant: a bare answer. */
static void answer_nobody(struct exchange *x, const char *code, const char *why)
{
    x->response->status = 403;
    random_uuid(x->response->request_id);
    json_object_set_new(x->response->headers, "content-type", json_string("application/json"));
    json_object_set_new(x->response->headers, "x-amzn-errortype", json_string(code));
    json_object_set_new(x->response->headers, "x-amzn-requestid",
                        json_string(x->response->request_id));
    json_t *body = json_pack("{s:s, s:o}", "__type", code, "message", jx_string(why, strlen(why)));
    char *text = jx_dump(body);
    text_add(&x->response->body, text);
    free(text);
    json_decref(body);
}

static bool identify(struct exchange *x)
{
    struct sign_claim claim;
    char why[512] = "";
    enum auth_problem problem = auth_claim(x->request, &claim, &x->info, why, sizeof why);
    x->caller.info = x->info;
    if (x->info == NULL) {
        answer_nobody(x,
                      problem == AUTH_MISSING     ? "MissingAuthenticationTokenException"
                      : problem == AUTH_MALFORMED ? "IncompleteSignatureException"
                                                  : "InvalidSignatureException",
                      why);
        return false;
    }
    if (problem == AUTH_OK) {
        problem = auth_verify(x->sim, x->request, &claim, &x->caller, why, sizeof why);
    }
    if (problem != AUTH_OK) {
        answer_auth(x, problem, why);
        return false;
    }
    return true;
}

/* Global services are signed for one Region; regional ones need a Region that is on in the caller's
 * account. */
static bool region_fits(struct exchange *x)
{
    const struct op *op = x->route->op;
    char why[160];
    if (op->reach == REACH_GLOBAL) {
        bool fits = str_equal(x->caller.region, x->sim->global_region);
        if (fits || op->service == SVC_S3 || !x->sim->strict_scope) {
            if (op->service != SVC_S3) {
                snprintf(x->caller.region, sizeof x->caller.region, "%s", x->sim->global_region);
            }
            return true;
        }
        snprintf(why, sizeof why, "Credential should be scoped to a valid region, not '%s'. ",
                 x->caller.region);
        answer_auth(x, AUTH_WRONG_SCOPE, why);
        return false;
    }
    if (sim_account_region_enabled(x->sim, x->caller.who->account, x->caller.region)) {
        return true;
    }
    answer_auth(x, AUTH_UNKNOWN_KEY,
                x->info->protocol == PROTOCOL_EC2
                    ? "AWS was not able to validate the provided access credentials"
                    : "The security token included in the request is invalid.");
    return false;
}

static bool permitted(struct exchange *x)
{
    const struct principal *who = x->caller.who;
    int status = 0;
    const char *code = NULL, *message = NULL;
    if (x->sim->throttle != NULL && !throttle_take(x->sim->throttle, x->route->op, who->account,
                                                   x->caller.region, clock_monotonic_ms(NULL))) {
        throttle_error(x->info, &status, &code, &message);
        if (x->info->service == SVC_CONTROLTOWER) {
            json_object_set_new(x->response->headers, "retry-after", json_string("1"));
        }
        answer_error(x, status, code, message);
        return false;
    }
    char why[512];
    if (!region_fits(x)) {
        return false;
    }
    if (policy_allows(x->sim, x->route->op, x->caller.region, who, x->call.in, why, sizeof why)) {
        return true;
    }
    access_denied(x->info, &status, &code);
    x->denied = true;
    answer_error(x, status, code, why);
    return false;
}

static bool is_denial(const char *code)
{
    return strstr(code, "AccessDenied") != NULL || str_equal(code, "UnauthorizedOperation");
}

static void count(struct exchange *x, bool denied, bool fine)
{
    x->route->calls++;
    x->route->denied += denied ? 1 : 0;
    if (fine && op_writes(x->route->op)) {
        x->route->writes++;
        sim_changed(x->sim);
    }
}

static void run(struct exchange *x)
{
    struct sim_call *call = &x->call;
    call->out = json_object();
    bool changes = op_writes(call->op);
    if (changes) {
        consistency_before(x->sim);
    } else {
        consistency_look_back(call);
    }
    bool fine = x->sim->replay != NULL ? replay_answer(x->sim->replay, call) == 0
                                       : call->in != NULL && route_run(x->route, call) == 0;
    if (fine && changes && call->fails == NULL) {
        effects_note(call);
    }
    if (fine) {
        fault_answer(x->fault, call);
        wire_answer(call, x->response);
    } else {
        wire_error(x->info, call->status, call->code, call->message,
                   json_object_get(call->out, "@error"), x->response);
    }
    count(x, !fine && is_denial(call->code), fine);
    consistency_after(x->sim);
    consistency_look_up(x->sim);
    json_decref(call->out);
}

static void serve(struct exchange *x)
{
    struct sim *sim = x->sim;
    x->call.sim = sim;
    if (!identify(x)) {
        return;
    }
    x->route = wire_route(sim, x->info->service, x->request, x->labels, &x->call);
    if (x->route == NULL) {
        answer_error(x, x->call.status, x->call.code, x->call.message);
        return;
    }
    const struct principal *who = x->caller.who;
    x->call.op = x->route->op;
    x->call.account = who->account;
    x->call.region = x->caller.region;
    x->call.principal_arn = who->arn;
    x->call.role = who->role;
    x->call.user_id = who->user_id;
    x->call.who = who;
    x->fault = faults_strike(sim->faults, x->call.op, who->account, x->caller.region, who->role);
    x->call.fault = x->fault;
    x->call.fails = fault_fails(x->fault);
    fault_meddle(sim, x->fault);
    if (x->fault != NULL && fault_before(x->fault, x->info, x->caller.who, x->response)) {
        count(x, false, false);
        return;
    }
    /* What is asked about must be known before policies are; a body nobody can read is refused by
       run(), after them. */
    x->call.in = wire_input(x->route, x->request, x->labels, &x->call);
    if (sim->replay != NULL || permitted(x)) {
        run(x);
        fault_after(x->fault, x->response);
    } else {
        count(x, x->denied, false);
    }
    json_decref(x->call.in);
}

static void record(const struct exchange *x)
{
    const struct sim_request *q = x->request;
    const struct sim_response *a = x->response;
    json_t *headers = json_object();
    for (size_t i = 0; i < q->header_count; i++) {
        json_object_set_new(headers, q->headers[i].name,
                            jx_string(q->headers[i].value, strlen(q->headers[i].value)));
    }
    json_t *line = json_pack(
        "{s:s*, s:s*, s:s*, s:s*, s:{s:s, s:o, s:o, s:o}, s:{s:i, s:O, s:o}}", "service",
        x->info != NULL ? x->info->name : NULL, "operation",
        x->route != NULL ? x->route->op->name : NULL, "account",
        x->caller.who != NULL ? x->caller.who->account : NULL, "region",
        *x->caller.region != '\0' ? x->caller.region : NULL, "request", "method", q->method,
        "target", jx_string(q->target, strlen(q->target)), "headers", headers, "body",
        jx_string(text_str(&q->body), q->body.length), "response", "status", a->status, "headers",
        a->headers, "body", jx_string(text_str(&a->body), a->body.length));
    char *text = jx_dump(line);
    fprintf(x->sim->record, "%s\n", text);
    fflush(x->sim->record);
    free(text);
    json_decref(line);
}

void sim_exchange(struct sim *sim, const struct sim_request *request, struct sim_response *response)
{
    struct exchange x = {.sim = sim, .request = request, .response = response};
    sim_settle(sim);
    if (effects_serve(sim, request, response)) {
        return;
    }
    x.labels = json_object();
    serve(&x);
    json_decref(x.labels);
    char date[30];
    time_http(auth_now_ms(sim), date);
    json_object_set_new(response->headers, "date", json_string(date));
    if (sim->record != NULL) {
        record(&x);
    }
}

int sim_invoke(struct sim *sim, const struct op *op, const char *account, const char *region,
               const char *role, json_t *in, json_t **out, struct err *err)
{
    struct route *route = routes_find(sim->routes, op);
    char arn[256];
    snprintf(arn, sizeof arn, "arn:%s:%s::%s:%s%s%s", sim->partition, role != NULL ? "sts" : "iam",
             account, role != NULL ? "assumed-role/" : "root", role != NULL ? role : "",
             role != NULL ? "/towerkeep-sim" : "");
    struct sim_call call = {.sim = sim,
                            .op = op,
                            .account = account,
                            .region = region,
                            .principal_arn = arn,
                            .role = role};
    call.in = in != NULL ? json_deep_copy(in) : json_object();
    call.out = json_object();
    int rc = route_run(route, &call);
    if (rc != 0) {
        err_set(err, ERR_AWS, "%s: %s", call.code, call.message);
    } else if (op_writes(op)) {
        sim_changed(sim);
    }
    if (rc == 0 && out != NULL) {
        *out = json_incref(call.out);
    }
    json_decref(call.in);
    json_decref(call.out);
    return rc;
}

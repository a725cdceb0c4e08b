/* What the simulator's core files share with each other; services see sim.h only. */
#ifndef TOWERKEEP_SIM_CORE_H
#define TOWERKEEP_SIM_CORE_H

#include <stdio.h>

#include "aws/sign.h"
#include "base/map.h"
#include "base/text.h"
#include "sim.h"

#define SIM_BODY_MAX (1024U * 1024U)
#define SIM_ANSWER_MAX (256U * 1024U * 1024U)

/* --- one exchange over HTTP --- */
struct pair {
    char *name;  /* lower case */
    char *value; /* undecoded in headers, decoded in query parameters */
};

struct sim_request {
    char method[16];
    char *target; /* raw path?query, as on the request line */
    char *path;   /* raw, without the query */
    char *query;  /* raw, "" when none */
    struct pair *headers;
    size_t header_count;
    struct text body;
};

enum damage { DAMAGE_NONE, DAMAGE_DROP, DAMAGE_TRUNCATE };

struct hold;

struct sim_response {
    int status;
    json_t *headers; /* object of strings, lower-case names */
    struct text body;
    char request_id[37];
    int delay_ms;       /* on top of --latency */
    struct hold *hold;  /* the answer waits for its release; NULL: it does not. Borrowed */
    enum damage damage; /* what http.c does to it */
    size_t truncate_at;
};

void sim_request_release(struct sim_request *r);
const char *sim_request_header(const struct sim_request *r,
                               const char *lower_name); /* NULL when absent */
void sim_response_init(struct sim_response *r);
void sim_response_release(struct sim_response *r);

/* --- shapes (shape.c) --- */
struct shape;
/* NULL with err (ERR_INTERNAL) naming the text and column. `shapes` as in struct sim_service; may
 * be NULL. */
struct shape *shape_compile(const char *text, const char *const *shapes, struct err *err);
void shape_free(struct shape *shape);
enum shape_source { SHAPE_STRICT, SHAPE_TEXT }; /* TEXT: every scalar arrived as a string */
enum shape_verdict {
    SHAPE_INVALID = -1,
    SHAPE_MISTYPED = -2, /* the wrong type altogether */
    SHAPE_MISSING = -3,  /* a required member */
    SHAPE_UNKNOWN = -4   /* a member of no such name */
};
/*
 * Checks and converts `value` in place (nulls removed; text to numbers and booleans).
 * `text_members`: names of top-level members that arrived as text although the rest did not (" a b
 * c "), or NULL. 0, or the verdict with AWS's sentence in message.
 */
int shape_check(const struct shape *shape, json_t *value, enum shape_source source,
                const char *text_members, char *message, size_t size);

/* --- routes (route.c) --- */
struct route {
    const struct op *op;
    const struct sim_service *service;
    const struct sim_route *row;
    struct shape *shape;
    char *text_members; /* " MaxResults NextToken " of a rest query */
    unsigned long long calls, writes, denied;
};
struct routes;
/* One route for each operation. ERR_INTERNAL when an operation has no handler or a handler has no
 * operation. */
int routes_new(const struct sim_service *const *services, struct routes **out, struct err *err);
void routes_free(struct routes *r);
struct route *routes_find(struct routes *r, const struct op *op);
size_t routes_count(const struct routes *r);
struct route *routes_at(struct routes *r, size_t index);
/* rest protocols: the row whose path fits; labels come back in `labels` (object, new members). NULL
 * when none. */
struct route *routes_match(struct routes *r, enum service service, const char *method,
                           const char *path, const char *query, json_t *labels);
const struct sim_service *const *services_table(void); /* NULL-terminated; services.c */

/* --- the wire (wire.c) --- */
/* Which operation; NULL after answering through *call (status, code, message). `labels` as in
 * routes_match. */
struct route *wire_route(struct sim *sim, enum service service, const struct sim_request *request,
                         json_t *labels, struct sim_call *call);
/* The input; NULL after sim_fail. */
json_t *wire_input(const struct route *route, const struct sim_request *request, json_t *labels,
                   struct sim_call *call);
void wire_answer(const struct sim_call *call, struct sim_response *response);
/* An error of `service` in that service's protocol; `extra` may be NULL. */
void wire_error(const struct service_info *info, int status, const char *code, const char *message,
                const json_t *extra, struct sim_response *response);
/* Splits and decodes "a=b&c"; form: '+' is a space. False when an escape is broken. Public for its tests: requests do not show which pair is broken. */
bool wire_parse_query(const char *text, size_t length, bool form, struct pair **out, size_t *count);
void wire_pairs_free(struct pair *pairs, size_t count);
bool wire_percent_decode(const char *s, size_t length, bool form, struct text *out);
/* wire_xml.c */
void xml_answer(const struct sim_call *call, const char *request_id, struct text *out);
void xml_error(const struct service_info *info, const char *code, const char *message,
               const char *request_id, struct text *out);
json_t *xml_body(enum service service, const char *data, size_t length,
                 struct err *err); /* {root: value}; new */

/* --- the caller (auth.c, policy.c) --- */
struct principal {
    char access_key_id[129];
    char *secret;
    char *token; /* NULL for long-term keys */
    char account[13];
    char *arn; /* as GetCallerIdentity says */
    char *user_id;
    char *role;             /* NULL for users */
    char *role_arn;         /* what aws:PrincipalArn holds; equals arn for users */
    json_t *policy;         /* what the world grants the user or role; NULL: everything */
    json_t *session_policy; /* NULL: no further limit */
    int64_t expires_ms;     /* real time; 0: never */
};
void principal_free(void *principal);
/* What went wrong with a caller; AWS's code for it depends on the protocol. */
enum auth_problem {
    AUTH_OK,
    AUTH_MISSING,
    AUTH_MALFORMED,
    AUTH_UNKNOWN_KEY,
    AUTH_BAD_TOKEN,
    AUTH_EXPIRED,
    AUTH_SKEWED,
    AUTH_WRONG_SCOPE,
    AUTH_WRONG_SIGNATURE,
    AUTH_WRONG_HASH
};
struct caller {
    struct principal *who; /* borrowed */
    const struct service_info *info;
    char region[33];
};
/* Reads the claim far enough to know service and Region: what errors and routing need. */
enum auth_problem auth_claim(const struct sim_request *request, struct sign_claim *claim,
                             const struct service_info **info, char *why, size_t size);
/* Checks everything. `why` gets AWS's sentence. */
enum auth_problem auth_verify(struct sim *sim, const struct sim_request *request,
                              const struct sign_claim *claim, struct caller *caller, char *why,
                              size_t size);
void auth_error(const struct service_info *info, enum auth_problem problem, const char *why,
                int *status, const char **code);
void sim_add_principal(struct sim *sim, struct principal *taken);
/* Public for its tests: they let a session expire. */
struct principal *sim_principal(struct sim *sim, const char *access_key_id); /* NULL when unknown */
int64_t auth_now_ms(const struct sim *sim); /* the clock signatures and sessions are held against */

/* Does a policy document allow, deny or not mention the action? */
enum policy_word { POLICY_SILENT, POLICY_ALLOW, POLICY_DENY };
struct policy_question {
    const char *action; /* "backup:ListBackupVaults" */
    const char *region;
    const char *principal_arn;
    const char *account;
    const char *organization;
    const char *path;        /* of the account ("o-1/r-1/ou-1/"); NULL: not asked, statements about
                                it are silent */
    const char *external_id; /* NULL when none */
    const char *resource;    /* one ARN; NULL: "*", as for actions that know no resources */
    const json_t *context;   /* further condition keys, lower case -> text or list; may be NULL */
};
enum policy_word policy_ask(const json_t *document, const struct policy_question *question);
/* What the account's service control policies say; the management account is not bound by any. */
enum policy_word policy_ask_controls(struct sim *sim, const struct policy_question *question);
/* Policies of resources: does the statement's Principal hold this account or ARN, or does its
   NotPrincipal except only others? */
enum policy_word policy_trusts(const json_t *document, const struct policy_question *question,
                               const char *caller_account);
/* Is it a policy at all? -1 with why. */
int policy_check(const json_t *document, char *why, size_t size);
/* True when the caller may; otherwise `why` holds AWS's sentence. `in` is the decoded input. */
bool policy_allows(struct sim *sim, const struct op *op, const char *region,
                   const struct principal *who, const json_t *in, char *why, size_t size);
/* policy_context.c: ARNs an action on this input is about, never empty ("*"); new. */
json_t *policy_resources(struct sim *sim, const char *action, const json_t *in, const char *region,
                         const char *account);
/* Condition keys of an input, for policy_question; new. */
json_t *policy_context(struct sim *sim, const json_t *in);
/* Those that depend on the resource. */
void policy_context_of(struct sim *sim, json_t *context, const char *resource, const char *caller);
void policy_cache_forget(struct sim *sim); /* called by sim_changed */
void sim_changed(struct sim *sim);         /* after a write or a job that falls due */
void access_denied(const struct service_info *info, int *status, const char **code);

/* --- time (clock.c) --- */
struct timeline;
struct timeline *timeline_new(int64_t start_ms, double scale);
void timeline_free(struct timeline *t);
void timeline_advance(struct timeline *t, int64_t ms);
void timeline_set(struct timeline *t, int64_t now_ms, double scale); /* from now on */
size_t timeline_pending(const struct timeline *t);
/* Runs what is due until `until_ms`, the clock standing at each job's own due time. */
void timeline_run(struct sim *sim, int64_t until_ms);

/* --- rates (throttle.c) --- */
struct throttle;
struct throttle *throttle_new(void);
void throttle_free(struct throttle *t);
/* False when AWS would refuse the call now. now_ms is monotonic. */
bool throttle_take(struct throttle *t, const struct op *op, const char *account, const char *region,
                   int64_t now_ms);
void throttle_error(const struct service_info *info, int *status, const char **code,
                    const char **message);

/* --- faults (faults.c) --- */
struct faults;
struct fault;
int faults_load(const char *path, struct faults **out, struct err *err);
void faults_free(struct faults *f);
int64_t faults_skew_ms(
    const struct faults *f); /* of a fault that bends the clock; 0 when none. f may be NULL */
/* The first fault that strikes this call (its counters move), or NULL. f may be NULL. */
const struct fault *faults_strike(struct faults *f, const struct op *op, const char *account,
                                  const char *region, const char *role);
/* Before the handler: true when the fault alone answers (response filled). */
bool fault_before(const struct fault *fault, const struct service_info *info, struct principal *who,
                  struct sim_response *response);
/* {NAME: {"waiting": N, "released": false}} of every `hold`; new. f may be NULL. */
json_t *faults_holds(const struct faults *f);
/* Lets the answers under that name go, now and later. False when no fault holds any under it. */
bool faults_release(struct faults *f, const char *name);
bool hold_is_released(const struct hold *hold);
/* An answer begins (+1) or ends (-1) to wait. */
void hold_count(struct hold *hold, int change);
/* What else the fault does before the call is looked at: another operator acts, a Region goes off.
 * fault may be NULL. */
void fault_meddle(struct sim *sim, const struct fault *fault);
/* What the operation that the call starts fails with; NULL: nothing. fault may be NULL. */
const char *fault_fails(const struct fault *fault);
/* After the answer was made. */
void fault_answer(const struct fault *fault,
                  struct sim_call *call); /* out as JSON, before encoding */
void fault_after(const struct fault *fault, struct sim_response *response);

/* --- eventual consistency (consistency.c) --- */
struct consistency;
/* A new one from a fault file's `consistency`; NULL when it has none. f may be NULL. */
struct consistency *faults_consistency(const struct faults *f);
struct consistency *consistency_new(int64_t low_ms, int64_t high_ms, uint64_t seed);
void consistency_free(struct consistency *c);
/* Around everything that changes states. */
void consistency_before(struct sim *sim);
void consistency_after(struct sim *sim);
/* Around a call: a covered read sees the states as they were. */
void consistency_look_back(const struct sim_call *call);
void consistency_look_up(struct sim *sim);

/* --- recordings (replay.c) --- */
/* The caller's long-term key while a recording is served. */
#define REPLAY_ACCESS_KEY "AKIAREPLAY00000000AA"
#define REPLAY_SECRET "replay"
struct replay;
int replay_load(const char *path, struct replay **out, struct err *err);
void replay_free(struct replay *r); /* accepts NULL */
/* The frame of a world with the recording's management account; new. */
json_t *replay_world(const struct replay *r);
/* What AWS answered to the same request; sim_fail() when it was not recorded. */
int replay_answer(const struct replay *r, struct sim_call *call);

/* --- the whole --- */
struct sim_options { /* borrowed */
    const char *world_file;
    const char *generate;
    const char *replay_file;
    const char *faults_file;
    const char *record_file;
    const char *effects_file;
    const char *listen;
    const char *port_file;
    const char *tls_cert, *tls_key;
    int latency_ms;
    double time_scale;
    bool throttle;
    bool strict_scope;
};

struct sim {
    json_t *world;
    const char *partition, *home_region, *management_account,
        *global_region;              /* into world or static */
    uint64_t seed, counter, changes; /* changes: see sim_changes */
    struct map *world_accounts;      /* id -> its entry in the world (borrowed) */
    struct map *states;              /* "service/account/region" -> json_t */
    const struct sim_service *services[SVC_COUNT];
    struct routes *routes;
    struct map *principals;   /* access key id -> struct principal */
    struct map *policy_cache; /* account -> json array of parsed SCPs */
    struct sign_cache *sign_cache;
    struct timeline *timeline;
    bool strict_scope; /* global services must be signed for the partition's global Region */
    struct throttle *throttle;       /* NULL: off */
    struct faults *faults;           /* NULL: none */
    struct consistency *consistency; /* NULL: every read sees the present */
    struct map *lists;               /* page.c: request without its token -> json array */
    json_t *objects;                 /* effects.c: {operation: {object: writes that took effect}} */
    FILE *record;                    /* NULL: none */
    struct replay *replay;           /* NULL: the world answers */
};

struct sim *sim_new(void);
void sim_free(struct sim *sim);
int world_load(struct sim *sim, const char *path, struct err *err);
int world_take(struct sim *sim, json_t *world,
               struct err *err); /* a world already in memory (generated, tests) */
/* One entry of a world's `changes`: a call or a set. */
int world_change(struct sim *sim, const json_t *change, struct err *err);
/* "accounts=10,ous=3,regions=2,resources=5,seed=7" -> a world document; new. */
json_t *world_generate(const char *spec, struct err *err);
json_t *world_default_regions(const char *partition); /* those without opt-in; new */
/* The operation, validated and run; `call` is filled except in/out. Returns sim_handler's result.
 */
int route_run(const struct route *route, struct sim_call *call);

/* effects.c: answers /_sim/...; false when the path is not ours. */
bool effects_serve(struct sim *sim, const struct sim_request *request,
                   struct sim_response *response);
json_t *effects_report(struct sim *sim);        /* new */
void effects_note(const struct sim_call *call); /* a write that took effect, with its answer */

/* exchange.c: request in, response out. */
void sim_exchange(struct sim *sim, const struct sim_request *request,
                  struct sim_response *response);
/* http.c: serves until a signal. */
int http_serve(struct sim *sim, const struct sim_options *options, struct err *err);

#endif

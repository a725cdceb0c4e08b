/*
 * towerkeep-sim: an AWS on loopback. One port, every service, one thread.
 *
 *   http.c      HTTP over libmicrohttpd
 *   auth.c      signatures and sessions; policy.c evaluates policies and SCPs
 *   route.c     operation -> handler, from the rows of aws/ops.h
 *   wire.c      request -> JSON input, JSON -> answer
 *   shape.c     validates inputs against the shapes that the handlers' routes declare
 *   world.c     world files and generated worlds
 *   services/   one file or folder for each service: its handlers and their table of routes
 *   clock.c     simulated time, jobs that finish later
 *   throttle.c  the rates of AWS
 *   faults.c    faults on request
 *
 * State is JSON (jansson), shared by worlds, handlers and dumps. Every handler runs to its end
 * before the next request is read: no locks.
 */
#ifndef TOWERKEEP_SIM_SIM_H
#define TOWERKEEP_SIM_SIM_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/ops.h"
#include "base/err.h"

struct sim;
struct principal;

struct fault;
/* Among its failures a call of the Tagging API names this resource, with these words; NULL: it does
 * not. */
const char *fault_leaves_out(const struct fault *fault, const char *arn);

/* One request, decoded, authenticated and validated. */
struct sim_call {
    struct sim *sim;
    const struct op *op;
    const char *account;       /* whose credentials (12 digits) */
    const char *region;        /* the scope's Region; for global services the partition's */
    const char *principal_arn; /* arn:aws:sts::...:assumed-role/R/S or arn:aws:iam::...:user/U */
    const char *role; /* role name of an assumed session, else NULL: SCP exemptions look at it */
    const struct principal *who; /* the caller, for sim_may(); NULL inside sim_invoke */
    const char *user_id;         /* AIDA... or AROA...:session; NULL inside sim_invoke */
    json_t *in;                  /* borrowed: members as aws/ops.h says; never holds a JSON null */
    const struct fault *fault;   /* what strikes this call; NULL: nothing */
    const char
        *fails;  /* a fault: what the operation that this call starts fails with; NULL: nothing */
    json_t *out; /* a fresh object for the handler to fill, wire names for XML services; see
                    "Answers" below */
    /* filled by sim_fail */
    int status;
    char code[96];
    char message[512];
};

/*
 * Answers. Members of `out` are the members of the answer. A handler may add, for what does not
 * live in the body:
 *   "@status"  integer, instead of 200        "@headers"  object of strings
 *   "@raw"     string, the whole body as it is
 *   "@error"   object, after sim_fail(): modelled members of the error besides its message
 * ({"Reason": ...})
 *   "@root" and "@text" (rest-xml): name of the root element when it is not <OpResult> (S3's
 * ListBuckets, GetBucketTagging and GetBucketLocation are known to wire.c), and text content
 * instead of children. XML: a list under a name of service_list_item() is wrapped, otherwise
 * repeated; numbers and booleans are written as XML does; an object or list that is empty gives an
 * empty element; a JSON null gives nothing.
 */

/* 0, or -1 after sim_fail(). */
typedef int (*sim_handler)(struct sim_call *call);

/* Answers an AWS error: code as on the wire ("NotFoundException"), HTTP status as AWS sends it.
 * Returns -1. */
int sim_fail(struct sim_call *call, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void sim_vfail(struct sim_call *call, int status, const char *code, const char *format,
               va_list args) __attribute__((format(printf, 4, 0)));

/*
 * A route: the operation, its handler and the shape of its input.
 *
 * Shape language (parsed once by shape.c):
 *   members   NAME[!]:TYPE, ...              '!' = required
 *   TYPE      s[MIN..MAX][/REGEX/]           string, length in characters; PCRE syntax, '/' written
 * \/ i[MIN..MAX] | b | t | d        integer, boolean, timestamp, document (any JSON) e(A|B|C) enum
 *             [TYPE][MIN..MAX]               list          <TYPE>[MIN..MAX]   map string -> TYPE
 *             {members}                      structure     @NAME              shape named in the
 * service's `shapes` "KeyId!:s1..2048, ReplicaRegion!:s1..32/^([a-z]+-){2,3}\\d+$/,
 * Tags:[{TagKey!:s1..128, TagValue!:s0..256}]0..50" An unknown member is refused, as are wrong
 * types. XML services receive strings; shape.c converts i and b in place, and so it does for
 * members that travel in a rest-json query string. A timestamp given as ISO 8601 text is turned
 * into epoch seconds. The refusal is the service's own error (ValidationException,
 * InvalidParameterValueException, InvalidInputException, ValidationError, ...): `invalid_code` of
 * the service.
 */
struct sim_route {
    const char *op;
    sim_handler handler;
    const char *shape; /* "" = no members */
};

struct sim_service {
    enum service service;
    bool holds_resources; /* those of services/inventory.h, which worlds name or generate: they are
                             made before `load` and `populate` run */
    const struct sim_route *routes;
    size_t route_count;
    const char *const *shapes; /* NULL-terminated: "Tag={Key!:s1..128,...}"; or NULL */
    const char *invalid_code;
    const char *missing_code; /* for a required member that is absent; NULL: invalid_code */
    const char *unknown_code; /* for a member that nobody knows; NULL: invalid_code */
    int invalid_status;       /* usually 400 */
    /* Called once per (account, Region) when sim_state() is first asked for this service: fills
       what exists there (defaults, and what covered accounts own), lazily, so that large worlds
       cost only what is touched. May be NULL. */
    void (*populate)(struct sim *sim, const char *account, const char *region, json_t *state);
    /* Reads the service's part of a world file after the organization is known; ERR_INPUT with file
     * and line. May be NULL. */
    int (*load)(struct sim *sim, const json_t *world, struct err *err);
};

extern const struct sim_service sim_organizations, sim_controltower, sim_kms, sim_backup, sim_sts,
    sim_account, sim_ec2, sim_rds, sim_dynamodb, sim_efs, sim_s3, sim_tagging, sim_iam,
    sim_servicecatalog, sim_controlcatalog, sim_fsx, sim_eks, sim_redshift, sim_redshift_serverless,
    sim_dsql, sim_storagegateway, sim_cloudformation;

/* Mutable state of a service in an account and Region (region "" for global services), made on
 * first use; borrowed. */
json_t *sim_state(struct sim *sim, enum service service, const char *account, const char *region);
/* The same, but NULL when nobody has touched it yet. */
json_t *sim_state_peek(struct sim *sim, enum service service, const char *account,
                       const char *region);

/* The world's frame. Everything borrowed. After loading, these members are always there: partition,
   home_region, seed, quirks {}, organization {id, root, management_account, units [], accounts []},
   credentials [], regions {default_enabled [], opted_in []}. A generated world carries `generate`
   {accounts, ous, regions, resources, seed}: see docs/worlds.md for who owns what. */
const json_t *
sim_world(const struct sim *sim); /* the whole world document, as loaded or generated */
const char *sim_partition(const struct sim *sim);
const char *sim_home_region(const struct sim *sim);
const char *sim_management_account(const struct sim *sim);

/* Simulated time: starts at the world's "now" (or the real time) and runs --time-scale times
 * faster. */
int64_t sim_now_ms(const struct sim *sim);
/* How many times the state has changed: what was derived from it is stale when this has moved. */
uint64_t sim_changes(const struct sim *sim);
/* Runs `job` once simulated time has moved on by delay_ms; `what` is taken (decref'd after the
 * run). Jobs run before the next request is handled. */
typedef void (*sim_job)(struct sim *sim, json_t *what);
void sim_later(struct sim *sim, int64_t delay_ms, sim_job job, json_t *what);
/* Runs everything due. */
void sim_settle(struct sim *sim);

/* Deterministic names: hex digits/uuid/"mrk-..." derived from the world's seed and a counter. */
void sim_new_uuid(struct sim *sim, char out[37]);
void sim_new_id(struct sim *sim, const char *alphabet, size_t length,
                char *out); /* out holds length+1 */
/* The same, but a pure function of its words: equal words give equal ids, whatever was asked before
 * (for populate). */
void sim_hash_id(const struct sim *sim, const char *words, const char *alphabet, size_t length,
                 char *out);
void sim_hash_uuid(const struct sim *sim, const char *words, char out[37]);

/* Calls another operation inside the simulator as `account` (no signature, policies or throttle):
   worlds' "changes", Control Tower's effects. *out is new (may be NULL). -1 with err holding "Code:
   message". */
int sim_invoke(struct sim *sim, const struct op *op, const char *account, const char *region,
               const char *role, json_t *in, json_t **out, struct err *err);

/* May the caller also do this, on what `in` names? For services that act with the caller's rights.
 */
bool sim_may(const struct sim_call *call, const char *action, const json_t *in, char *why,
             size_t size);

/* Is this account one that --generate made up as a workload (and so owns `generate.resources`
 * resources in every Region)? */
bool sim_generated_account(const struct sim *sim, const char *account);
/* Resources a generated workload account owns in each Region; 0 in worlds that are not generated.
 */
long long sim_generated_resources(const struct sim *sim);

/* Pages `rows` (borrowed) as AWS does: offset tokens, page size from the input's op->limit (or
   `default_size`, at most op->limit_max), token checked. Sets op->list and op->token_out in
   call->out. The world may ask for empty pages with tokens
   ("quirks": {"empty_pages": true}). default_size 0: everything at once unless the caller limits
   it. -1 after a refusal of a bad token. Flags such as KMS's Truncated or IAM's IsTruncated are the
   handler's: op->token_out is set in call->out when more follows. */
int sim_page(struct sim_call *call, json_t *rows, size_t default_size);
/* The same; releases `take_rows`. */
int sim_page_take(struct sim_call *call, json_t *take_rows, size_t default_size);
/* For a list that is dear to make: the rows kept when its first page was asked for, when this call
   asks for a further one (NextToken), else NULL; new. */
json_t *sim_list_begun(const struct sim_call *call);
void sim_list_keep(const struct sim_call *call, json_t *rows);

/* --- what services tell each other (implemented by the service named) --- */
/* organizations */
json_t *sim_org_account(struct sim *sim,
                        const char *account); /* {Id, Arn, Email, Name, State, Status, ParentId,
                                                 JoinedTimestamp...} or NULL; mutable */
json_t *sim_org_accounts(struct sim *sim);    /* object id -> account; mutable */
json_t *sim_org_ou(struct sim *sim,
                   const char *ou_id); /* {Id, Arn, Name, ParentId} or NULL; mutable */
json_t *sim_org_ous(struct sim *sim);  /* object id -> OU, in creation order */
const char *sim_org_id(struct sim *sim);
const char *sim_org_root(struct sim *sim);
/* SCP documents that bind an account, as the service evaluates them: list of policy objects {Id,
 * Name, Content}; new reference. */
json_t *sim_org_scps(struct sim *sim, const char *account);
int sim_org_move(struct sim *sim, const char *account, const char *new_parent);
/* controltower */
bool sim_ct_account_backed_up(struct sim *sim,
                              const char *account); /* a child BackupBaseline SUCCEEDED */
const json_t *sim_ct_manifest(struct sim *sim);     /* of the landing zone, or NULL */
bool sim_ct_region_governed(struct sim *sim, const char *region);
bool sim_ct_account_enrolled(struct sim *sim,
                             const char *account); /* AWSControlTowerExecution exists there */
/* account */
bool sim_account_region_enabled(struct sim *sim, const char *account, const char *region);
void sim_account_region_disable(struct sim *sim, const char *account,
                                const char *region); /* at once */
/* kms */
json_t *sim_kms_key(struct sim *sim,
                    const char *key_arn); /* state of the key with that ARN or NULL */
/* iam */
json_t *sim_iam_role(struct sim *sim, const char *account,
                     const char *name); /* {RoleName, Arn, AssumeRolePolicyDocument, ...} or NULL */
/* Resources that exist in an account and Region, for the Tagging API and Backup: list of
 * {"arn","type","tags":{}}, new reference. Implemented in inventory.c over ec2, rds, dynamodb, efs,
 * s3. */
json_t *sim_inventory(struct sim *sim, const char *account, const char *region);
/* Sets (value string) or removes (NULL) a tag on any resource of the inventory, for the Tagging
 * API; false when there is no such resource. */
bool sim_inventory_tag(struct sim *sim, const char *account, const char *region, const char *arn,
                       const char *key, const char *value);

#endif

/* A fault file, as faults_read.c reads it and faults.c lets it strike (docs/faults.md). */
#ifndef TOWERKEEP_SIM_FAULTS_H
#define TOWERKEEP_SIM_FAULTS_H

#include "core.h"

enum action {
    ACTION_ERROR,
    ACTION_HTTP,
    ACTION_DROP,
    ACTION_DELAY,
    ACTION_HOLD,
    ACTION_TRUNCATE,
    ACTION_OVERSIZE,
    ACTION_GARBAGE,
    ACTION_SET,
    ACTION_EXPIRE,
    ACTION_SKEW,
    ACTION_FAIL,
    ACTION_LEAVE_OUT,
    ACTION_INTRUDER,
    ACTION_REGION_OFF
};

/* What `hold` does: answers wait until somebody releases them. */
struct hold {
    char *name;
    bool released;              /* for good: later answers do not wait */
    unsigned long long waiting; /* answers, those of clients that have gone included */
};

struct fault {
    /* who is struck; NULL: anybody */
    char *operation, *account, *region, *role;
    long long first, last; /* of the matching calls, from 1; last 0: no end */
    double probability;
    /* how */
    enum action action;
    long long number; /* milliseconds, bytes, seconds */
    int status;
    char *code, *text; /* error code, Region or pattern of ARNs; message, HTML body or garbage */
    long long retry_after;
    json_t *set;       /* of the answer; the intruder's change */
    struct hold *hold; /* NULL for other actions */
    bool after;        /* drop: only once the handler has run */
    unsigned long long seen;
};

struct faults {
    struct fault *rows;
    size_t count;
    uint64_t seed, draws;
    bool late; /* reads lag behind */
    long long late_low, late_high, late_seed;
};

#endif

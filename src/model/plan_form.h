/* The form of a plan file: which members an object has, what each may be, and where it is in the
 * struct that it becomes. The check, reading, writing and uniting all follow these tables. */
#ifndef TOWERKEEP_MODEL_PLAN_FORM_H
#define TOWERKEEP_MODEL_PLAN_FORM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum plan_kind {
    KIND_STRING,
    KIND_TEXT, /* a string that reads as "" when it is absent */
    KIND_WORD, /* a string that is not empty */
    KIND_COUNT,
    KIND_SECONDS,
    KIND_BOOL,
    KIND_STRINGS,
    KIND_PATH,
    KIND_PATHS, /* name -> path */
    KIND_OBJECT,
    KIND_RISK,
    KIND_OPERATION,
    KIND_CONDITION,
    KIND_CALL,
    KIND_PROBE,
    KIND_PROBES,
    KIND_POLL,
    KIND_RECOVER,
    KIND_SELECT,
    KIND_RETRY,
    KIND_RETRY_CALLS, /* ARN -> what is sent for it alone */
    KIND_RETRY_CALL,
    KIND_MERGE,
    KIND_ANY
};

enum plan_need { OPTIONAL, REQUIRED };

struct plan_member {
    const char *name; /* the key in the file */
    size_t at;        /* offset in the struct */
    enum plan_kind kind;
    enum plan_need need; /* an optional one may be null */
    bool null_written;   /* an absent one is written as null, and differs from one that is there */
    bool empty_written;  /* an empty list or object is written */
};

struct plan_form {
    const struct plan_member *members; /* ends with a NULL name; in the order of the file */
    size_t size;                       /* of the struct */
};

extern const struct plan_form plan_head_form, plan_step_form, plan_manual_form, plan_deferred_form,
    plan_remains_form;
/* Of an object within a step (KIND_CALL ...); NULL for any other kind. */
const struct plan_form *plan_form_of(enum plan_kind kind);

/* plan_read.c. `document` fits the form, or is not an object: then nothing is read. */
void plan_form_read(const struct plan_form *form, const json_t *document, void *object);
void *plan_form_new(const struct plan_form *form,
                    const json_t *document); /* yours; NULL: no object */
void plan_form_write(const struct plan_form *form, const void *object, json_t *document);
json_t *plan_form_document(const struct plan_form *form, const void *object); /* yours */
void plan_form_release(const struct plan_form *form, void *object);
void plan_form_free(const struct plan_form *form, void *object); /* accepts NULL */

#endif

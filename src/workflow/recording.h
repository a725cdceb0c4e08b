/*
 * A recording: the answers of a scan without the customer's names, IDs and texts, in one tar file
 * with zstd compression (docs/record.md). It is written when the scan has read everything.
 */
#ifndef TOWERKEEP_WORKFLOW_RECORDING_H
#define TOWERKEEP_WORKFLOW_RECORDING_H

#include "aws/client.h"
#include "base/err.h"

struct recording;

struct recording_counts { /* distinct ones that this version does not read */
    size_t members, values;
};

/* The file appears under its name in recording_finish(). */
int recording_open(const char *path, struct recording **out, struct err *err);
/* An aws_hear; the context is the recording. */
void recording_hear(void *context, const struct heard_answer *heard);
void recording_counts(const struct recording *r, struct recording_counts *out);
/* Writes the file and frees the recording, either way. */
int recording_finish(struct recording *r, const struct aws_client *client, struct err *err);
void recording_free(struct recording *r); /* nothing is written; accepts NULL */

#endif

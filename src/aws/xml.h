/* XML answers as JSON, and a JSON object as an XML body. ops.h names the lists of each service. */
#ifndef TOWERKEEP_AWS_XML_H
#define TOWERKEEP_AWS_XML_H

#include <jansson.h>

#include "aws/ops.h"
#include "base/err.h"
#include "base/text.h"

#define XML_DEPTH_MAX 32

/* The content of the root as JSON (an object, or a string when it holds text alone), yours, with
   the root's local name in *root (free it). ERR_AWS when it is not a well-formed document, is
   deeper than XML_DEPTH_MAX, or declares a document type. */
int xml_parse(enum service service, const char *data, size_t length, char **root, json_t **out,
              struct err *err);
/* Appends <name xmlns="...">value</name>. ERR_INTERNAL for a value that XML cannot hold. */
int xml_write(enum service service, const char *name, const json_t *value, struct text *out,
              struct err *err);

#endif

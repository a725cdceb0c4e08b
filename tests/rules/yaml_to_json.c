/* Prints each YAML file named as one line of JSON, read as towerkeep reads it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/doc.h"
#include "base/jsonx.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct err err = ERR_INIT;
        struct doc *doc = NULL;
        if (doc_load_file(argv[i], &doc, &err) != 0) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        json_t *value = node_to_json(doc_root(doc));
        char *line = jx_dump(value);
        puts(line);
        free(line);
        json_decref(value);
        doc_free(doc);
    }
    return 0;
}

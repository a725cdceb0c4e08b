/* A compiled shape, shared by the compiler (shape.c) and the validator (shape_check.c). */
#ifndef TOWERKEEP_SIM_SHAPE_TREE_H
#define TOWERKEEP_SIM_SHAPE_TREE_H

#include "core.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define SHAPE_DEPTH_MAX 32

enum kind { K_STRING, K_INT, K_BOOL, K_TIME, K_DOCUMENT, K_ENUM, K_LIST, K_MAP, K_STRUCT, K_NAMED };

struct node {
    enum kind kind;
    bool bounded_low, bounded_high;
    long long low, high;
    char *pattern; /* as written, for the message */
    pcre2_code *code;
    char *words; /* "A|B|C" */
    struct node *item;
    struct shape_member *members;
    size_t member_count;
    struct named *named;
    struct node *next; /* every node of a shape, to free them */
};

struct shape_member {
    char *name;
    bool required;
    struct node *node;
};

struct named {
    char *name;
    const char *text;
    struct node *node; /* NULL until first used */
    struct named *next;
};

struct shape {
    struct node *root;
    struct node *all;
    struct named *names;
    pcre2_match_data *match;
};

#endif

/* The evidence package of a run: DIR/evidence, with a digest of every file in the run's directory.
 */
#ifndef TOWERKEEP_WORKFLOW_PACKAGE_H
#define TOWERKEEP_WORKFLOW_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/store.h"

#define PACKAGE_FOLDER "evidence"
#define PACKAGE_DIGEST PACKAGE_FOLDER "/digest.txt"
#define PACKAGE_SIGNATURE PACKAGE_DIGEST ".sig"

/* Makes or replaces the package of the run in `directory`; the reports are in it already.
 * `sign_key`: private key file; NULL: unsigned. */
int package_make(const char *directory, struct store *store, const char *sign_key, struct err *err);
/* Removes the package, and what an interrupted package_make() left. Was there a package? */
bool package_drop(const char *directory);
bool package_signed(const char *directory);

enum signature_state { SIGNATURE_NONE, SIGNATURE_NOT_CHECKED, SIGNATURE_GOOD, SIGNATURE_BAD };

struct package_check {
    size_t files, problems;
    enum signature_state signature;
};

/* Compares the files of the directory with the digest and, with a public key (NULL: none), checks
 * the signature. Each problem is told with what happened to which file: "missing", "added",
 * "changed", "unsigned", "forged". 0 however many problems there are; -1 when the comparison is not
 * possible: no package (ERR_INPUT), an unusable key file (ERR_INPUT), the disk. */
int package_verify(const char *directory, const char *public_key,
                   void (*problem)(void *context, const char *what, const char *name),
                   void *context, struct package_check *out, struct err *err);

#endif

/* One entity of an organization made by hand, and the texts that such organizations share. The file that includes it defines MGMT
   and HOME. */
#ifndef TOWERKEEP_SUPPORT_WORLD_ROW_H
#define TOWERKEEP_SUPPORT_WORLD_ROW_H

struct world_row { /* JSON with single quotes, so that it reads */
    const char *kind, *account, *region, *key, *json;
};

#define BASELINE(id) "'arn:aws:controltower:" HOME "::baseline/" id "'"
#define KEY_POLICY                                                                                 \
    "{\\'Statement\\':[{\\'Effect\\':\\'Allow\\',\\'Principal\\':{\\'AWS\\':\\'arn:aws:iam::" MGMT \
    ":root\\'},\\'Action\\':\\'kms:*\\',\\'Resource\\':\\'*\\'},{\\'Effect\\':\\'Allow\\',"        \
    "\\'Principal\\':\\'*\\',\\'Action\\':\\'kms:*\\',\\'Resource\\':\\'*\\',\\'Condition\\':"     \
    "{\\'StringEquals\\':{\\'aws:PrincipalOrgID\\':\\'o-exampleorg1\\'}}}]}"

#endif

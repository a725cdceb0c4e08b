unit(store rows base model store)
unit(store findings base model store)
unit(store plan_membership base model store)

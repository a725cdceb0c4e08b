unit(inventory coverage base model store inventory)
unit(inventory subjects base model store inventory)
unit(inventory run_regions base model store inventory)

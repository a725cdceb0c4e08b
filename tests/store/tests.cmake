unit(store rows base model store)
unit(store findings base model store)
unit(store coverage base model store)
unit(store subjects base model store)

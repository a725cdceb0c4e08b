unit(collect collectors base aws model store collect)

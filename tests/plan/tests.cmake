unit(plan make base model store plan)
unit(plan emit base model store plan)
unit(plan print base model store plan)

unit(collect collectors base aws model store inventory collect)

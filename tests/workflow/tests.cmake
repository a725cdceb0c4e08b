unit(workflow data_dir base aws model store inventory collect check report plan apply workflow)

unit(workflow data_dir base aws model store inventory collect check report plan apply workflow)
foreach(name run_dir reports history fix_state fix_loop package pseudonym)
  unit(workflow ${name} base aws model store inventory collect check report plan apply workflow)
endforeach()

foreach(name text hash clock map doc jsonx pull file log)
  unit(base ${name} base)
endforeach()

foreach(name text hash clock map doc jsonx pull file log sums)
  unit(base ${name} base)
endforeach()

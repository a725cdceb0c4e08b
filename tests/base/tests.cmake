foreach(name text hash clock map doc jsonx pull file log sums columns)
  unit(base ${name} base)
endforeach()

foreach(name expressions template malformed)
  unit(check ${name} base model store check)
endforeach()

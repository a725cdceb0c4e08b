foreach(name expressions template malformed sets run speed)
  unit(check ${name} base model store check)
endforeach()

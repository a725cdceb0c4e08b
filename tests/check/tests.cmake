foreach(name expressions template malformed sets run)
  unit(check ${name} base model store check)
endforeach()

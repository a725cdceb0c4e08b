foreach(name expressions template malformed sets run speed waivers frameworks)
  unit(check ${name} base model store check)
endforeach()

foreach(name advice expressions template malformed needs sets run speed waivers frameworks limits)
  unit(check ${name} base model store inventory check)
endforeach()

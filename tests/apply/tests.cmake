unit(apply engine base aws model store apply)
target_link_libraries(test_apply_engine PRIVATE dep_microhttpd)
unit(apply journal base aws model store apply)

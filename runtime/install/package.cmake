# The Debian packages libweft0, libweft0-dbg and libweft-dev: `cmake --preset package && cmake --build --preset package`.
if(DEFINED ENV{DEBEMAIL}) # as for Debian's own tools
  set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
else()
  set(CPACK_PACKAGE_CONTACT "Weft maintainers <weft@localhost>")
endif()
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weft)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL lib dbg dev)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/debian.cmake)
set(CPACK_WEFT_STRIP ${CMAKE_STRIP})
set(CPACK_WEFT_OBJCOPY ${CMAKE_OBJCOPY})
set(CPACK_WEFT_READELF ${CMAKE_READELF})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(about "Weft is a goroutine runtime for C: M:N scheduling with work stealing,\nchannels, select, timers, contexts, input and output that parks a
goroutine and not its thread, and Go's sync objects. It means what Go\nmeans, down to the text of its panics.")

set(CPACK_DEBIAN_LIB_PACKAGE_NAME libweft0)
set(CPACK_DEBIAN_LIB_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIB_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIB_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/triggers ${CMAKE_CURRENT_BINARY_DIR}/shlibs)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/shlibs "libweft 0 libweft0 (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_LIB_DESCRIPTION "goroutines for C - shared library\n${about}\n\nThis package has the shared library.")

# Not CPack's own -dbgsym: its list of checksums is wrong (3.25). debian.cmake makes debug information of this second copy.
install(TARGETS weft_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dbg NAMELINK_SKIP EXCLUDE_FROM_ALL)
set(CPACK_DEBIAN_DBG_PACKAGE_NAME libweft0-dbg)
set(CPACK_DEBIAN_DBG_PACKAGE_SECTION debug)
set(CPACK_DEBIAN_DBG_PACKAGE_DEPENDS "libweft0 (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DBG_DESCRIPTION "goroutines for C - debug symbols\n${about}\n\nThis package has the debug symbols, which gdb's commands of libweft-dev want.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libweft-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libweft0 (= ${PROJECT_VERSION}), libc6-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "goroutines for C - development files\n${about}\n
This package has the header, the static library, man pages, examples and\ncommands for gdb.")
include(CPack)

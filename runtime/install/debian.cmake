# CPack runs this on what it has installed for the packages, before it packs them: what Debian's policy wants and an installation does not.
set(doc usr/share/doc)
string(TIMESTAMP year %Y UTC) # of SOURCE_DATE_EPOCH, where that is set
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_VARIABLE out)
  set(out "${out}" PARENT_SCOPE)
endfunction()

# dbg: the library itself gives way to its debug information, under the name by which gdb finds it.
set(root ${CPACK_TEMPORARY_DIRECTORY}/dbg)
file(GLOB_RECURSE library ${root}/usr/lib/libweft.so.*.*.*)
run(${CPACK_WEFT_READELF} -n ${library})
if(NOT out MATCHES "Build ID: ([0-9a-f][0-9a-f])([0-9a-f]+)")
  message(FATAL_ERROR "libweft.so has no build ID")
endif()
file(MAKE_DIRECTORY ${root}/usr/lib/debug/.build-id/${CMAKE_MATCH_1})
set(debug ${root}/usr/lib/debug/.build-id/${CMAKE_MATCH_1}/${CMAKE_MATCH_2}.debug)
run(${CPACK_WEFT_OBJCOPY} --only-keep-debug --compress-debug-sections ${library} ${debug})
file(CHMOD ${debug} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
get_filename_component(folder ${library} DIRECTORY)
file(REMOVE_RECURSE ${folder})

file(GLOB_RECURSE library ${CPACK_TEMPORARY_DIRECTORY}/lib/usr/lib/libweft.so.*.*.*)
run(${CPACK_WEFT_STRIP} --strip-unneeded --remove-section=.comment --remove-section=.note ${library})
file(GLOB_RECURSE archive ${CPACK_TEMPORARY_DIRECTORY}/dev/usr/lib/*.a)
run(${CPACK_WEFT_STRIP} --strip-debug --enable-deterministic-archives ${archive})

# The system's own prefix is said as such, so that pkg-config leaves out what every compiler searches.
file(GLOB_RECURSE pc ${CPACK_TEMPORARY_DIRECTORY}/dev/usr/lib/weft.pc)
file(READ ${pc} text)
string(REGEX REPLACE "^prefix=[^\n]*" "prefix=/usr" text "${text}")
file(WRITE ${pc} "${text}")

foreach(component lib dbg dev)
  set(root ${CPACK_TEMPORARY_DIRECTORY}/${component})
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  if(EXISTS ${root}/${doc}/weft)
    file(RENAME ${root}/${doc}/weft ${root}/${doc}/${package})
    file(REMOVE ${root}/${doc}/${package}/LICENSE) # Debian has that one licence for all
  endif()
  file(WRITE ${root}/${doc}/${package}/copyright
       "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: weft\nSource: the tree that this package was built from\n\n"
       "Files: *\nCopyright: ${year} ${CPACK_PACKAGE_CONTACT}\nLicense: Apache-2.0\n"
       " On Debian systems, the full text of the Apache License version 2.0 is in\n /usr/share/common-licenses/Apache-2.0.\n")
  file(WRITE ${root}/${doc}/${package}/changelog
       "weft (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n  * Built from its own tree, whose history has the changes.\n\n"
       " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  file(GLOB_RECURSE pages ${root}/usr/share/man/*.[37])
  run(gzip -9n ${root}/${doc}/${package}/changelog ${pages})
endforeach()

%% SPDX-License-Identifier: Apache-2.0
%%
%% What a workload uses and the program around it, as baselines/README.md says. A body, fun(N, Arg), sets up, calls bench:timed(F) once
%% around the work, and returns {Items, Time, Checks}: Time is what timed gave; Checks are {What, Got, Wanted}. It runs in a process of its own.
-module(bench).
-export([main/0, timed/1, share/3, spawn_each/2, wait_each/1]).

-record(options, {filter, min_time = 0.5, repetitions = 1, list = false, procs = 0}).

%% {wall ns, cpu ns, what F returned}.
timed(F) ->
    Cpu = cpu(),
    Wall = erlang:monotonic_time(nanosecond),
    Value = F(),
    {erlang:monotonic_time(nanosecond) - Wall, cpu() - Cpu, Value}.

%% Of all threads, in steps of 1 ms at the least: little of a short call.
cpu() ->
    {Total, _} = erlang:statistics(runtime),
    Total * 1000000.

%% What part I of Parts (from 0) does of Total.
share(Total, Parts, I) ->
    Total div Parts + case I < Total rem Parts of true -> 1; false -> 0 end.

%% Start F(X) for each X; each says `done` with what it returned.
spawn_each(F, Xs) ->
    Self = self(),
    [spawn(fun() -> Self ! {done, F(X)} end) || X <- Xs].

%% What all of them returned, in the order in which they ended.
wait_each(Tasks) ->
    [receive {done, V} -> V end || _ <- Tasks].

call(Body, N, Arg) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit({result, Body(N, Arg)}) end),
    receive
        {'DOWN', Ref, process, Pid, {result, R}} -> R;
        {'DOWN', Ref, process, Pid, Why} -> {1, {1, 0, none}, [{io_lib:format("the body: ~p", [Why]), 0, 1}]}
    end.

wrong(Checks) ->
    [lists:flatten(io_lib:format("wrong checksum: ~ts is ~p, not ~p", [What, Got, Want])) || {What, Got, Want} <- Checks, Got =/= Want].

%% N grows until a call takes MinTime: by what the last one foretells, and at most tenfold.
measure(Body, N, Arg, MinTime) ->
    {_, {Wall, _, _}, Checks} = Result = call(Body, N, Arg),
    Seconds = Wall * 1.0e-9,
    case wrong(Checks) =/= [] orelse Seconds >= MinTime orelse N >= 1000000000 of
        true -> {N, Result};
        false -> measure(Body, max(N + 1, trunc(N * min(10, MinTime * 1.4 / max(Seconds, 1.0e-9)))), Arg, MinTime)
    end.

run({Name, _, Least, Arg, Body}, Repetition, MinTime) ->
    {N, {Items, Time, Checks}} = measure(Body, Least, Arg, MinTime),
    io:format("{\"name\":\"~s\",\"repetition\":~p,\"iterations\":~p,", [Name, Repetition, N]),
    case wrong(Checks) of
        [] ->
            {Wall, Cpu, _} = Time,
            io:format("\"real_time_ns\":~p,\"cpu_time_ns\":~p,\"items_per_second\":~p,\"checksum_ok\":true}~n",
                      [Wall / Items, Cpu / Items, Items / Wall * 1.0e9]),
            0;
        [Error | _] ->
            io:format("\"error\":\"~s\",\"checksum_ok\":false}~n", [re:replace(Error, "[\"\\\\[:cntrl:]]", " ", [global, {return, list}])]),
            1
    end.

about() ->
    {ok, Version} = file:read_file(filename:join([code:root_dir(), "releases", erlang:system_info(otp_release), "OTP_VERSION"])),
    io:format("{\"version\":\"Erlang/OTP ~s, ERTS ~s, ~s\",\"workers\":\"+S procs:procs, else the defaults\",\"stack\":\"on each process's heap\","
              "\"allocator\":\"the emulator's\"}~n",
              [string:trim(Version), erlang:system_info(version), erlang:system_info(emu_flavor)]).

usage() ->
    io:format(standard_error, "erlang_bench: bad arguments: --about, --list, --filter RE, --min-time SECONDS, --repetitions N~n", []),
    halt(2).

parse([], O) -> O;
parse(["--about" | _], _) -> about(), halt(0);
parse(["--list" | Rest], O) -> parse(Rest, O#options{list = true});
parse([Flag, Value | Rest], O) ->
    case Flag of
        "--filter" -> case re:compile(Value) of {ok, Re} -> parse(Rest, O#options{filter = Re}); _ -> usage() end;
        "--min-time" -> parse(Rest, O#options{min_time = number(Value)});
        "--repetitions" -> parse(Rest, O#options{repetitions = trunc(number(Value))});
        "--procs" -> parse(Rest, O#options{procs = trunc(number(Value))});
        _ -> usage()
    end;
parse(_, _) -> usage().

number(Text) ->
    case {string:to_float(Text), string:to_integer(Text)} of
        {{F, []}, _} -> F;
        {_, {I, []}} -> float(I);
        _ -> usage()
    end.

%% A workload's table has {Name, Args, Least, Arg, Body}; each is there at one and at two processors, but for two tasks that would yield to nobody.
suite() ->
    [{lists:flatten([Name, "/procs:", integer_to_list(P), Args]), P, Least, Arg, Body}
     || {Name, Args, Least, Arg, Body} <- workloads:all(), P <- [1, 2], {Name, Args, P} =/= {"yield/erlang", "/tasks:2", 2}].

main() ->
    O = parse(init:get_plain_arguments(), #options{}),
    Chosen = [D || D <- suite(), O#options.filter =:= undefined orelse re:run(element(1, D), O#options.filter) =/= nomatch],
    case O#options.list of
        true -> [io:format("~s~n", [element(1, D)]) || D <- Chosen], halt(0);
        false -> halt(lists:max([0 | [run(D, R, O#options.min_time) || D <- Chosen, element(2, D) =:= O#options.procs,
                                                                      R <- lists:seq(0, O#options.repetitions - 1)]]))
    end.

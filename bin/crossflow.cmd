@echo off
rem The same as "crossflow" beside it, for cmd and PowerShell.
setlocal
if not defined CROSSFLOW_NODE goto own
if not exist "%CROSSFLOW_NODE%" goto own
set ELECTRON_RUN_AS_NODE=1
"%CROSSFLOW_NODE%" "%~dp0..\dist\cli.js" %*
exit /b %errorlevel%
:own
node "%~dp0..\dist\cli.js" %*
exit /b %errorlevel%

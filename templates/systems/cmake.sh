{% import "systems/words.sh" as args -%}
{% block configure -%}
cmake {{ top }} -G Ninja{% call args::words(configure) %}{% endcall %}
{% endblock %}
{% block build -%}
ninja{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
# CMake passes over what it finds as it would make it, such as the host's copy: an artifact needs all of it.
CMAKE_INSTALL_ALWAYS=1 ninja install{% call args::words(install) %}{% endcall %}
{% endblock %}
